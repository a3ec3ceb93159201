/* Validation half of the specification's tests: every module that its scripts call valid is
 * accepted, every assert_invalid and assert_malformed is refused with the cause that the script
 * names. */
#include "tests/spec/vectors.h"
#include "verifier/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the reference interpreter names another cause than a decoder that keeps within section and
 * body sizes. Each is one command of one script. */
static const struct {
    const char *script;
    uint32_t line;
    enum status code;
    const char *why;
} alternatives[] = {
    {"binary", 417, WASM_UNEXPECTED_END_OF_FUNCTION,
     "the reference reads on past the body's declared size"},
    {"binary", 454, WASM_UNEXPECTED_END_OF_FUNCTION,
     "likewise, and finds the end outside the section"},
    {"binary", 1631, WASM_UNEXPECTED_END_OF_FUNCTION,
     "the reference takes the next section's id for a length"},
    {"binary-leb128", 347, WASM_UNEXPECTED_END_OF_FUNCTION,
     "the reference reads on past the section's declared size"},
    {"binary", 1816, WASM_UNKNOWN_TYPE,
     "the reference decodes the whole body before it looks up a block type"},
};

struct counts {
    uint32_t passed, failed, valid, refused;
};

static bool right_cause(const struct vec_script *s, const struct vec_command *c,
                        const struct diag *why)
{
    char said[512];
    snprintf(said, sizeof said, "%s %s", status_phrase(why->code), why->detail);
    if (strncmp(said, c->text, strlen(c->text)) == 0)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(alternatives); i++)
        if (strcmp(alternatives[i].script, s->name) == 0 && alternatives[i].line == c->line)
            return alternatives[i].code == why->code;
    return false;
}

static void run_command(const struct vec_script *s, const struct vec_command *c, struct counts *n)
{
    bool refuse = c->kind == VEC_ASSERT_INVALID || c->kind == VEC_ASSERT_MALFORMED;
    bool accept = c->kind == VEC_MODULE || c->kind == VEC_MODULE_DEFINITION ||
                  c->kind == VEC_ASSERT_UNLINKABLE || c->kind == VEC_ASSERT_UNINSTANTIABLE;
    if (!refuse && !accept)
        return;
    size_t size;
    uint8_t *bytes = vectors_read(c->file, &size);
    struct verified_module *m;
    struct diag why;
    enum status code = verify(bytes, size, NULL, &m, &why);
    verified_destroy(m);
    free(bytes);
    if (accept ? code == OK : code != OK && right_cause(s, c, &why)) {
        n->passed++;
        *(accept ? &n->valid : &n->refused) += 1;
        return;
    }
    n->failed++;
    printf("%s.wast:%u: %s: wanted %s\n", s->name, c->line, c->file,
           accept ? "acceptance" : c->text);
    if (code == OK) {
        printf("  accepted\n");
    } else {
        char text[2048];
        diag_format(&why, "  found", text, sizeof text);
        fputs(text, stdout);
    }
}

int main(int argc, char **argv)
{
    const char *subset = argc > 1 ? argv[1] : "2.0/core";
    char dir[1024];
    if (!vectors_find(subset, dir, sizeof dir))
        return 77;
    struct arena a = {0};
    const char *const *files;
    uint32_t nfiles = vectors_list(dir, &a, &files);
    struct counts n = {0};
    for (uint32_t i = 0; i < nfiles; i++) {
        struct vec_script s;
        vectors_load(files[i], &s);
        for (uint32_t k = 0; k < s.ncommands; k++)
            run_command(&s, &s.commands[k], &n);
        vectors_free(&s);
    }
    arena_clear(&a);
    printf("validate_test %s: %u scripts, %u modules accepted, %u refused\n", subset, nfiles,
           n.valid, n.refused);
    printf("validate_test: %u passed, %u failed, 0 skipped\n", n.passed, n.failed);
    return n.failed || !nfiles;
}
