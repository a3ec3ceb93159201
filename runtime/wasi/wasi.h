/* WASI preview 1: module `wasi_snapshot_preview1`, for programs that know nothing of Singula.
 *
 * Every function of the snapshot is linkable; wasi.def is the one list of them. State (descriptors,
 * arguments, environment) is per SIP, made by wasi_attach() between spawn_load() and spawn_start(),
 * and given back with everything else when the SIP ends (sip->wasi_teardown).
 *
 * A pointer that does not lie in the guest's memory traps the SIP with BAD_POINTER, naming the
 * call; EFAULT would hide the guest's bug. Everything else that a guest may get wrong is an errno
 * of the snapshot.
 *
 * INV-20: a guest reaches files only beneath the directories of its configuration (sandbox.h).
 * INV-21: nothing here blocks the worker while other SIPs live: pipes, terminals, sockets and
 * clocks are waited for through the scheduler; what is in regular files, and what is done with
 * names, is done meanwhile (runtime/kernel/aio.h, pathjob.h).
 */
#ifndef RUNTIME_WASI_WASI_H
#define RUNTIME_WASI_WASI_H

#include "runtime/engine/hostcall.h"

/* Limits, each an ordinary error of the snapshot for the guest that meets it. */
enum {
    WASI_MAX_IOVS = 1024,         /* IOV_MAX of Linux: one system call takes them all */
    WASI_MAX_SUBS = 4096,         /* of one poll_oneoff; bounds its time */
    WASI_MAX_ARGS = 1u << 20,     /* bytes of arguments, and of environment */
    WASI_RANDOM_SLICE = 1u << 18, /* bytes of one go of random_get; then others run */
};

struct wasi_dir {
    const char *host_path, *guest_path; /* guest_path: what the program sees, e.g. "/" or "data" */
    bool read_only;
};

struct wasi_config {
    const char *const *args, *const *env; /* NULL-terminated, copied; NULL: none */
    const struct wasi_dir *dirs;          /* opened by wasi_attach() as descriptors 3, 4, ... */
    uint32_t ndirs;
    struct descriptors *open; /* how many it may open (descriptors.h); kept. NULL: as many as it
                                 may have alone */
    int stdio[3];             /* host descriptors, -1: closed. Borrowed: they outlive the SIP */
    uint32_t no_clocks;       /* bit 1 << WASI_CLOCK_...: it cannot be read */
};

/* Gives the SIP what the configuration says; sets s->wasi and s->wasi_teardown. The SIP must not
 * have any yet. E_IO: a directory cannot be opened (which, and why, is in *why). E_NOMEM,
 * E_ARGUMENT (arguments above 1 MiB). */
must_check enum status wasi_attach(struct sip *s, const struct wasi_config *cfg, struct diag *why);

/* Closes what the SIP opened and frees its state; harmless if there is none. */
void wasi_teardown(struct sip *s);
/* The guest's errno for a result: 0, or what a negative one means. */
uint32_t wasi_errno_of(int64_t result);

/* A link_fn (ctx is not used) for imports of module wasi_snapshot_preview1. E_UNLINKABLE_UNKNOWN
 * for those of other modules and for unknown names, E_UNLINKABLE_TYPE. */
must_check enum status wasi_link(void *ctx, const struct vimport *imp, const struct functype *type,
                                 struct extern_ref *out, struct diag *why);

/* The functions, for listings and tests; *n says how many. */
const struct hostcall_row *wasi_rows(uint32_t *n);

#endif
