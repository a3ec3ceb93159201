/* Images kept between runs, in a folder of the user's: $XDG_CACHE_HOME/singula, else
 * ~/.cache/singula.
 *
 * What is in the folder will be run, so it must belong to the user and nobody else may write there
 * or to the files; else it is not used. A file is named by the hash of the image's key. It is used
 * only if it is whole (image_check()) and the module's bytes in it are equal; if not, it is removed
 * as if it had never been. Files are replaced atomically, so processes need not know of each other.
 * When the folder grows beyond its limit, those go first that were not used for the longest time.
 *
 * A cache that cannot be used, for whatever reason, is an empty one: nothing here fails.
 */
#ifndef RUNTIME_NATIVE_CACHE_H
#define RUNTIME_NATIVE_CACHE_H

#include "runtime/native/image.h"

struct cache {
    char *path; /* NULL: there is none */
    uint64_t limit;
};

enum { CACHE_BYTES = 256 << 20 }; /* limit by default */

/* The folder `path`, or the user's if NULL. limit 0: the default. */
void cache_open(struct cache *c, const char *path, uint64_t limit);
void cache_close(struct cache *c);

/* The image of that key, made of that very module; its bytes are the caller's (malloc). False:
 * there is none. */
bool cache_get(const struct cache *c, const struct image_key *key, const struct vview *v,
               struct image_bytes *out);
/* Keeps an image, if it can. */
void cache_put(const struct cache *c, const struct image_key *key, const uint8_t *image, size_t n);
/* Removes all images; how many, and their bytes. */
void cache_clear(const struct cache *c, uint64_t *nfiles, uint64_t *nbytes);

#endif
