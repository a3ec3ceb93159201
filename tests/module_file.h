/* Modules that the build has made, for test programs that are told where they are. */
#ifndef TESTS_MODULE_FILE_H
#define TESTS_MODULE_FILE_H

#include <stdio.h>

#include "include/singula.h"

/* The verified module of a file of at most 1 MiB, the caller's; NULL: standard error says why. */
static inline struct singula_module *module_file(const char *path)
{
    static uint8_t bytes[1 << 20];
    struct singula_diag why;
    struct singula_module *m = NULL;
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (f)
        fclose(f);
    if (singula_verify(bytes, n, NULL, &m, &why) != 0) {
        char text[2000];
        singula_diag_format(&why, path, text, sizeof text);
        fputs(text, stderr);
    }
    return m;
}

#endif
