/* Prints every import that a contract file offers and the Wasm type that the verifier wants of it:
 * "singula/Frame seq.get externref>i64". usage: list_imports FILE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/limits.h"
#include "contract/xops.h"

static const char *type_name(uint8_t t)
{
    return t == 0x7f   ? "i32"
           : t == 0x7e ? "i64"
           : t == 0x7d ? "f32"
           : t == 0x7c ? "f64"
                       : "externref";
}

static void print(void *ctx, const char *module, const char *name, const struct xop *op)
{
    struct xop found;
    struct xop_type t;
    (void)ctx;
    if (xop_resolve(op->set, module, strlen(module), name, strlen(name), &found, &t, NULL) != OK)
        exit(1);
    printf("%s %s ", module, name);
    for (uint32_t i = 0; i < t.nparams; i++)
        printf("%s%s", i ? "," : "", type_name(t.params[i]));
    printf(">%s\n", t.result ? type_name(t.result) : "");
}

int main(int argc, char **argv)
{
    static char text[CONTRACT_TEXT_MAX];
    struct arena a = {0};
    const struct contract_set *set;
    struct diag why;
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!f)
        return 2;
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    diag_clear(&why);
    if (contract_parse(&a, text, n, &set, &why) != OK)
        return 1;
    xop_enumerate(set, print, NULL);
    arena_clear(&a);
    return 0;
}
