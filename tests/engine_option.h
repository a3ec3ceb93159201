/* --engine=interp|native|auto and --opt=fast among a test program's arguments. */
#ifndef TESTS_ENGINE_OPTION_H
#define TESTS_ENGINE_OPTION_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/singula.h"

/* Takes them out of the arguments; without, the configuration stays as it is. Images are neither
 * looked for nor kept: each run compiles. Ends the program as skipped where nothing compiles. */
static inline void engine_option(struct singula_config *cfg, int *argc, char **argv)
{
    static const char *const engines[] = {"interp", "native", "auto"}; /* from 1 up */
    int n = 1;
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--opt=fast") == 0) {
            cfg->opt = SINGULA_OPT_FAST;
            continue;
        }
        if (strncmp(argv[i], "--engine=", 9) != 0) {
            argv[n++] = argv[i];
            continue;
        }
        for (int e = 0; e < 3; e++)
            if (strcmp(argv[i] + 9, engines[e]) == 0)
                cfg->engine = e + SINGULA_ENGINE_INTERP;
    }
    argv[n] = NULL;
    *argc = n;
    cfg->no_cache = true;
    if (cfg->engine == SINGULA_ENGINE_NATIVE && cfg->opt != SINGULA_OPT_FAST &&
        !singula_compiler()) {
        printf("0 passed, 0 failed, 1 skipped: this build is without LLVM\n");
        exit(77);
    }
}

#endif
