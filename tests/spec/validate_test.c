/* Validation half of the specification's tests: every module that its scripts call valid is
 * accepted, every assert_invalid and assert_malformed is refused with the cause that the script
 * names. */
#include "tests/spec/causes.h"
#include "verifier/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct counts {
    uint32_t passed, failed, valid, refused;
};

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
    if (accept ? code == OK : code != OK && causes_match(s, c, &why)) {
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
