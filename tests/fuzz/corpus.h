/* The small modules of the other test suites, as a corpus; and what is asked of every verification
 * of it. */
#ifndef TESTS_FUZZ_CORPUS_H
#define TESTS_FUZZ_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sample {
    const char *path;
    uint8_t *bytes;
    size_t n;
};

struct corpus {
    struct sample *samples;
    uint32_t nsamples, cap;
};

/* Adds every file of at most max_bytes that an index of tests/reject/convert.py names. */
void corpus_add_index(struct corpus *c, const char *index, size_t max_bytes);
/* Adds the .wasm files of a folder likewise. */
void corpus_add_folder(struct corpus *c, const char *folder, size_t max_bytes);
/* Leaves one of each content, in an order that depends on the content alone. */
void corpus_unique(struct corpus *c);
void corpus_clear(struct corpus *c);

/* Verifies the bytes. An accepted module is read from end to end through its public view:
 * everything in range, every instruction decoded, every block table entry inside its body. Aborts
 * if anything is wrong. Returns true if accepted. */
bool corpus_verify(const uint8_t *bytes, size_t n);

#endif
