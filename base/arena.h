/* Bump allocation with one lifetime: everything of a load, a parse or a translation is freed at
 * once.
 *
 * An arena has a byte limit, so that hostile input costs bounded memory. Allocation returns NULL
 * when the limit or the system's memory is exhausted; the caller reports E_NOMEM or a LIM_ code.
 * Not thread-safe. A zeroed struct arena is an empty one without limit.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
    size_t used;                /* bytes handed out or lost to alignment */
    size_t limit;               /* 0: none */
    bool exhausted;             /* something could not be had */
    void *spare; /* for who uses it: what may be handed out again; forgotten when it is emptied */
};

/* n zeroed bytes, aligned for any type (16); NULL if exhausted. n may be 0. */
void *arena_alloc(struct arena *a, size_t n);
/* An array of count zeroed elements of `size` bytes; NULL if exhausted or the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);
/* A NUL-terminated copy of n bytes. */
char *arena_strndup(struct arena *a, const char *s, size_t n);
/* Empties the arena as arena_clear() does, but may keep some memory for the next use. */
void arena_reset(struct arena *a);
/* Frees everything; the arena is empty and usable again. */
void arena_clear(struct arena *a);

#define ARENA_NEW(a, type)      ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, n, type) ((type *)arena_array((a), (n), sizeof(type)))

#endif
