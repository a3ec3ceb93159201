/* Where machine code comes from: a file that the user gave, the cache, the compiler.
 *
 * The compiler is a shared object (runtime/compiler/compiler.h) that is loaded when something must
 * be compiled, and not before: to know that an image is right takes no compiler.
 */
#ifndef RUNTIME_NATIVE_SUPPLY_H
#define RUNTIME_NATIVE_SUPPLY_H

#include "runtime/native/cache.h"

struct supply_config { /* zero means the default */
    bool no_cache;
    const char *cache_path; /* NULL: the user's */
    uint64_t cache_bytes;   /* 0: CACHE_BYTES */
    bool spare;             /* leaves one processor to others when it compiles */
    /* As in struct compile_options. */
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
};

struct supply {
    struct supply_config cfg;
    struct cache cache;
};

void supply_open(struct supply *s, const struct supply_config *cfg);
void supply_close(struct supply *s);

/* The image of a module from the cache; else compiled, and kept there. E_NO_COMPILER if it would
 * have to be compiled and cannot; E_UNFINISHED once *stop is true (may be NULL). The bytes are the
 * caller's (malloc). Progress is reported if `stop` is NULL. Any thread may call it. */
must_check enum status supply_get(const struct supply *s, const struct verified_module *m,
                                  enum memory_mode mode, enum image_opt opt, bool watched,
                                  const _Atomic bool *stop, struct image_bytes *out,
                                  struct diag *why);
/* The same without the cache. */
must_check enum status supply_make(const struct supply *s, const struct verified_module *m,
                                   enum memory_mode mode, enum image_opt opt, bool watched,
                                   const _Atomic bool *stop, struct image_bytes *out,
                                   struct diag *why);
/* The same without compiling; false: not in the cache. */
bool supply_find(const struct supply *s, const struct verified_module *m, enum memory_mode mode,
                 enum image_opt opt, bool watched, struct image_bytes *out);

/* The compiler of the full level that this build has, "llvm 19.1.7", or NULL. It may still not be
 * installed. The fast level's is always there. */
const char *supply_compiler(void);

/* The folder in which the compiler is installed. */
extern const char supply_libdir[];

#endif
