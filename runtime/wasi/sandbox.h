/* Names beneath a directory: how a path that a guest chose becomes a host descriptor.
 *
 * INV-20: what is opened lies beneath `dir` at the moment it is opened: not by "..", absolute
 * paths, symbolic links, /proc links, or a rename that runs at the same time. The kernel does it
 * (openat2, RESOLVE_BENEATH) or, where it cannot, a walk that opens one component after the other
 * and never follows a link by itself.
 *
 * Results are a descriptor or 0, or a negative errno: ENOENT for the empty path, EPERM for a path
 * that leaves `dir`, ENAMETOOLONG, ELOOP, and those of open(2).
 */
#ifndef RUNTIME_WASI_SANDBOX_H
#define RUNTIME_WASI_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

enum {
    SANDBOX_PATH = 4096,
    SANDBOX_NAME = 256
}; /* bytes with the final NUL: PATH_MAX, NAME_MAX + 1 of Linux */

enum sandbox_way { SANDBOX_KERNEL, SANDBOX_WALK };

/* Whether this system's kernel has (and a filter lets us use) openat2; `dir` is any directory. */
enum sandbox_way sandbox_probe(int dir);

/* As openat(2); O_CLOEXEC is added. With O_NOFOLLOW a final link is not followed; a trailing slash
 * demands a directory. */
int sandbox_open(enum sandbox_way way, int dir, const char *path, int flags, mode_t mode);

/* The directory (O_PATH descriptor, the caller's) and the name in it that `path` ends with, for
 * system calls that make, move or remove names and do not follow a final link. *slash: the path
 * ended with a slash, so it means a directory. The name may be "." or "..", which all those calls
 * refuse. */
int sandbox_parent(enum sandbox_way way, int dir, const char *path, char name[SANDBOX_NAME],
                   bool *slash);

#endif
