/* Modules of any size for `singula bench verify`. */
#ifndef BENCH_MODGEN_H
#define BENCH_MODGEN_H

#include <stddef.h>
#include <stdint.h>

enum modgen_shape {
    MODGEN_PLAIN, /* arithmetic, memory, loops, calls; nothing of Singula */
    MODGEN_MIXED, /* a tenth of the code has references, as in the next, the rest is plain: as in
                     servers in C (examples/ and bench/guests/ have 3 to 20 percent) */
    MODGEN_REFERENCES, /* more than half builds and takes down lists of blocks, serves a
                          channel, and passes references on */
    MODGEN_SHAPES
};
extern const char *const modgen_names[];

/* A valid module of about `size` bytes (at least a few hundred), the same at every call; it exports
 * `drive`, which takes nothing and is soon done. The caller
 * frees it. NULL: no memory. */
uint8_t *modgen(enum modgen_shape shape, size_t size, size_t *n);

#endif
