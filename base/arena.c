#include "base/arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_MIN = 16 * 1024, CHUNK_MAX = 1024 * 1024, CHUNK_KEPT = 256 * 1024, ALIGN = 16 };
/* From this size on chunks are fresh pages of the system's, which are zero already. The C library
 * clears smaller ones whole: then what is handed out is cleared as it is, and pages that nobody
 * asks for are never touched. */
enum { CHUNK_FRESH = 128 * 1024 };

/* Under the address sanitizer what is not handed out is poisoned, and a gap follows each
 * allocation. */
#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#ifdef HAVE_ASAN
#include <sanitizer/asan_interface.h>
enum { GAP = ALIGN };
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
enum { GAP = 0 };
#define POISON(p, n)   ((void)(n))
#define UNPOISON(p, n) ((void)(n))
#endif

struct arena_chunk {
    struct arena_chunk *next;
    size_t size, used;
    bool zeroed;
    _Alignas(ALIGN) unsigned char bytes[];
};

static struct arena_chunk *chunk_add(struct arena *a, size_t n)
{
    size_t size = a->chunks ? a->chunks->size * 2 : CHUNK_MIN;
    if (size > CHUNK_MAX)
        size = CHUNK_MAX;
    if (size < n)
        size = n;
    bool zeroed = size >= CHUNK_FRESH;
    struct arena_chunk *c = zeroed ? calloc(1, sizeof *c + size) : malloc(sizeof *c + size);
    if (!c)
        return NULL;
    c->zeroed = zeroed;
    c->used = 0;
    POISON(c->bytes, size);
    c->size = size;
    c->next = a->chunks;
    a->chunks = c;
    return c;
}

void *arena_alloc(struct arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        return NULL;
    size_t asked = n;
    n = ((n + ALIGN - 1) & ~(size_t)(ALIGN - 1)) + GAP;
    if (a->limit && n > a->limit - a->used) {
        a->exhausted = true;
        return NULL;
    }
    struct arena_chunk *c = a->chunks;
    if (!c || c->size - c->used < n) {
        c = chunk_add(a, n);
        a->exhausted |= !c;
        if (!c)
            return NULL;
    }
    void *p = c->bytes + c->used;
    c->used += n;
    a->used += n;
    UNPOISON(p, asked);
    return c->zeroed ? p : memset(p, 0, asked);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t n;
    if (__builtin_mul_overflow(count, size, &n))
        return NULL;
    return arena_alloc(a, n);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
    char *p = arena_alloc(a, n + 1);
    if (p)
        memcpy(p, s, n);
    return p;
}

void arena_reset(struct arena *a)
{
    a->spare = NULL;
    struct arena_chunk *kept = a->chunks;
    if (!kept || kept->size > CHUNK_KEPT) {
        arena_clear(a);
        return;
    }
    a->chunks = kept->next;
    arena_clear(a);
    POISON(kept->bytes, kept->size);
    kept->zeroed = false;
    kept->used = 0;
    kept->next = NULL;
    a->chunks = kept;
}

void arena_clear(struct arena *a)
{
    a->spare = NULL;
    while (a->chunks) {
        struct arena_chunk *c = a->chunks;
        a->chunks = c->next;
        UNPOISON(c->bytes, c->size);
        free(c);
    }
    a->used = 0;
}
