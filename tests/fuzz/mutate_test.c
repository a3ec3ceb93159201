/* Every small module of the test suites, cut off at every byte and with every byte changed in
 * several ways: the verifier never crashes, hangs or reads outside, and what it accepts is whole
 * (corpus.h). Meant for the build with sanitizers. usage: mutate_test [--every=N] INDEX... ; of the
 * indexes after --every=N only every Nth module. The number of verifications is fixed, not the
 * time. */
#include "base/check.h"
#include "tests/fuzz/corpus.h"
#include "tests/spec/vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 800, CASE_BYTES = 4000 };

struct counts {
    uint64_t accepted, refused;
};

/* A buffer of exactly the size, so that a sanitizer sees a read past its end. */
static void try_bytes(const uint8_t *bytes, size_t n, struct counts *c)
{
    uint8_t *exact = malloc(n ? n : 1);
    check(exact);
    memcpy(exact, bytes, n);
    *(corpus_verify(exact, n) ? &c->accepted : &c->refused) += 1;
    free(exact);
}

static void mutate(struct sample *s, struct counts *c)
{
    for (size_t n = 0; n <= s->n; n++)
        try_bytes(s->bytes, n, c);
    for (size_t i = 0; i < s->n; i++) {
        uint8_t old = s->bytes[i];
        const uint8_t values[] = {(uint8_t)(old ^ 0x01), (uint8_t)(old ^ 0x80), 0x00, 0x0b, 0xff};
        for (size_t k = 0; k < ARRAY_LEN(values); k++) {
            if (values[k] == old)
                continue;
            s->bytes[i] = values[k];
            try_bytes(s->bytes, s->n, c);
        }
        s->bytes[i] = old;
    }
}

/* Of the modules from number `from` on keeps every nth. */
static void thin(struct corpus *c, uint32_t from, uint32_t n)
{
    uint32_t kept = from;
    for (uint32_t i = from; i < c->nsamples; i++) {
        struct sample s = c->samples[i];
        if ((i - from) % n == 0) {
            c->samples[kept++] = s;
        } else {
            free((char *)s.path);
            free(s.bytes);
        }
    }
    c->nsamples = kept;
}

int main(int argc, char **argv)
{
    struct corpus corpus = {0};
    struct counts counts = {0};
    char dir[1024];
    uint32_t every = 1;
    for (int i = 1; i < argc; i++) {
        uint32_t from = corpus.nsamples;
        if (sscanf(argv[i], "--every=%u", &every) == 1 && every)
            continue;
        corpus_add_index(&corpus, argv[i], CASE_BYTES);
        thin(&corpus, from, every);
    }
    if (vectors_find("2.0/core", dir, sizeof dir))
        corpus_add_folder(&corpus, dir, MAX_BYTES);
    corpus_unique(&corpus);
    if (!corpus.nsamples) {
        printf("skipped: no modules to change\n");
        return 77;
    }
    for (uint32_t i = 0; i < corpus.nsamples; i++)
        mutate(&corpus.samples[i], &counts);
    printf("%u modules: %llu verifications, %llu accepted, %llu refused\n", corpus.nsamples,
           (unsigned long long)(counts.accepted + counts.refused),
           (unsigned long long)counts.accepted, (unsigned long long)counts.refused);
    printf("mutate_test: %u passed, 0 failed, 0 skipped\n", corpus.nsamples);
    corpus_clear(&corpus);
    return 0;
}
