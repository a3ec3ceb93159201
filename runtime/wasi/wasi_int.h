/* The inside of WASI: private to runtime/wasi.
 *
 * Every function of the snapshot is a wasi_fn. It first names its pointers (call_bytes,
 * call_iovecs, call_path) and descriptors (call_fd); these are sticky: the first thing that is
 * wrong is kept in the call and answered for all. So a function reads its arguments straight, asks
 * call_bad() once, acts, and writes its outputs last. A wild pointer wins over every errno,
 * whatever the order.
 */
#ifndef RUNTIME_WASI_WASI_INT_H
#define RUNTIME_WASI_WASI_INT_H

#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

#include "runtime/wasi/descriptors.h"
#include "runtime/wasi/pathjob.h"
#include "runtime/wasi/sandbox.h"
#include "runtime/wasi/wasi.h"
#include "runtime/wasi/wasi_abi.h"

/* An open descriptor. host == -1: the number is free. A standard stream is asked what it is when it
 * is first used: spawning makes no system call for it. */
struct fdent {
    int host;
    bool asked;               /* the fields below are known */
    bool owned;               /* closed with the entry; standard streams are borrowed */
    bool counted;             /* in wasi.open */
    bool waits;               /* neither regular file nor directory: may have to be waited for */
    bool can_read, can_write; /* how the host descriptor is open */
    bool read_only;           /* a directory whose files may only be read */
    uint8_t filetype;         /* enum wasi_filetype */
    uint16_t flags;           /* FDFLAG_* */
    uint32_t chunk; /* most bytes a write that poll(2) allows is sure to take without blocking; 0:
                       no limit */
    uint32_t base, inheriting; /* RIGHT_* */
    uint64_t dev, ino;         /* what it is, as fstat(2) said */
    char *preopen;             /* guest path of a preopened directory, malloc'ed; else NULL */
};

/* Strings one after another, each ended by NUL. */
struct strings {
    char *bytes;
    uint32_t nbytes, count;
};

struct wasi {
    struct fdent *fds; /* malloc'ed */
    uint32_t nfds, max_fds;
    struct descriptors *open; /* what it has opened */
    struct strings args, env;
    enum sandbox_way way;
    uint32_t no_clocks; /* of struct wasi_config */
    /* of the call that runs or waits; call_done() ends them */
    uint64_t progress; /* bytes done so far, its earlier goes included */
    uint64_t cookie;   /* where a listing goes on */
    uint64_t started_ns;
    int epoll;             /* -1: none */
    struct errand *errand; /* ... and with names (wasi_path.c) */
    struct transfer *file; /* what the system does meanwhile (wasi_io.c); NULL: nothing */
};

struct call {
    struct sip *sip;
    struct wasi *w;
    const struct instance *inst;
    const char *name;
    const uint64_t
        *v; /* arguments: left alone until the call is over, since a wait runs it again */
    enum wasi_errno err;
    bool wild;
    uint32_t wild_ptr;
    uint64_t wild_n;
    enum host_result end; /* HOST_OK: answered with the errno that is returned */
};

typedef enum wasi_errno (*wasi_fn)(struct call *c);

#define WASI(name, type) enum wasi_errno wasi_##name(struct call *c);
#include "runtime/wasi/wasi.def"
#undef WASI

/* ---- call.c ---- */

static inline uint32_t call_u32(const struct call *c, unsigned arg)
{
    return (uint32_t)c->v[arg];
}
static inline uint64_t call_u64(const struct call *c, unsigned arg)
{
    return c->v[arg];
}
static inline bool call_bad(const struct call *c)
{
    return c->wild || c->err != WASI_SUCCESS;
}

/* The n bytes at the guest address in argument `arg`; never NULL if !call_bad(). */
uint8_t *call_bytes(struct call *c, unsigned arg, uint64_t n);
/* The buffers of the iovec array in arguments arg (pointer) and arg + 1 (count); at most
 * WASI_MAX_IOVS, else EINVAL. */
uint32_t call_iovecs(struct call *c, unsigned arg, struct iovec iov[WASI_MAX_IOVS]);
/* The path in arguments arg (pointer) and arg + 1 (length), NUL-terminated in `out`. EINVAL: holds
 * a NUL; ENAMETOOLONG. */
void call_path(struct call *c, unsigned arg, char out[SANDBOX_PATH]);
/* The descriptor in argument `arg`, which must have all of `rights` (else EBADF or ENOTCAPABLE). */
struct fdent *call_fd(struct call *c, unsigned arg, uint32_t rights);
/* The same, and it must be a directory. */
struct fdent *call_dir(struct call *c, unsigned arg, uint32_t rights);
/* The same, for a call that changes what is in the directory: EROFS if it is read-only. */
struct fdent *call_dir_changed(struct call *c, unsigned arg, uint32_t rights);

/* The call waits (until wake_ns; for the descriptor) and is run again. Return what they return. */
enum wasi_errno call_wait(struct call *c, uint64_t wake_ns);
enum wasi_errno call_wait_fd(struct call *c, int fd, short events);
/* Gives way to other SIPs, then is run again. */
enum wasi_errno call_give_way(struct call *c);
/* True if this is not the first go of the call. */
static inline bool call_again(const struct call *c)
{
    return c->sip->proc.waiting;
}
/* What CLOCK_REALTIME or CLOCK_MONOTONIC shows the SIP. */
uint64_t call_clock(const struct call *c, clockid_t clock);
/* Forgets what the call kept while it waited. */
void call_done(struct wasi *w, struct proc *p);

/* ---- wasi_io.c ---- */

/* fsync(2) or fdatasync(2), without blocking the worker if others want to run. */
enum wasi_errno wasi_io_sync(struct call *c, const struct fdent *e, bool data_only);
/* The SIP ends: what the system still does is nobody's. To be called before descriptors are closed.
 */
void wasi_io_abandon(struct aio *a, struct wasi *w);

/* Operations meanwhile; NULL: nobody else wants to run, an ordinary system call will do. */
struct aio *wasi_io_meanwhile(struct runtime *rt);

/* ---- wasi_path.c ---- */

/* Does the job, or has it done meanwhile; false: the call waits, and does it again when it is run
 * again. `way` is set here. */
bool wasi_path_do(struct call *c, struct pathjob *j, int64_t *result);
/* The same where only an errno comes of it. */
enum wasi_errno wasi_path_do_simply(struct call *c, struct pathjob j);
/* The SIP ends: closes what it has opened, on a thread if others want to run. */
void wasi_path_close_all(struct runtime *rt, struct wasi *w);
/* The SIP ends. */
void wasi_path_abandon(struct aio *a, struct wasi *w);

/* ---- errno.c ---- */

/* The guest's number for a host errno (positive, or negative as system calls return it). */
enum wasi_errno errno_to_wasi(int host);
/* Success for 0 or more, else what the negative host errno means. */
static inline enum wasi_errno errno_of(int result)
{
    return result < 0 ? errno_to_wasi(-result) : WASI_SUCCESS;
}
/* errno after a failed system call: the result if it is not negative, else -errno. */
int errno_result(long result);

/* ---- fdtable.c ---- */

/* Entry of that number, or NULL. Pointers to entries are valid until the next fdtable_reserve(). */
struct fdent *fdtable_get(struct wasi *w, uint32_t fd);
/* Makes sure that the lowest free number has an entry, and that a descriptor may be opened for it;
 * EMFILE, ENOMEM. */
enum wasi_errno fdtable_reserve(struct wasi *w, uint32_t *fd);
/* Describes an open host descriptor as an entry: type, access, rights. E.g. rights of a terminal
 * lack SEEK and TELL, by which wasi-libc tells it from a file. */
struct fdent fdtable_describe(int host, const struct stat *st);
/* The SIP has opened what the entry describes, which is then that number's. EMFILE: it was closed
 * again. */
enum wasi_errno fdtable_put(struct wasi *w, uint32_t fd, struct fdent e);
/* The number is free; what the entry owned is returned, and is to be closed; -1: nothing. */
int fdtable_release(struct wasi *w, struct fdent *e);
enum wasi_filetype fdtable_filetype(mode_t mode);
void fdtable_put_filestat(uint8_t out[FILESTAT_BYTES], const struct stat *st);
/* The timespecs that FSTFLAG_* and two times ask for; EINVAL for flags that contradict each other.
 */
enum wasi_errno fdtable_times(uint32_t flags, uint64_t atim, uint64_t mtim, struct timespec out[2]);

#endif
