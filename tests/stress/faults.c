#include "tests/stress/faults.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "channels/endpoint.h"
#include "channels/fast.h"
#include "channels/frozen.h"
#include "channels/names.h"
#include "runtime/kernel/pages.h"
#include "runtime/kernel/sched.h"
#include "tests/stress/calls.h"

struct faults faults;
_Thread_local bool faults_here;

void faults_begin(enum fault kind, uint64_t at)
{
    faults.kind = kind;
    faults.at = at;
    faults.hit = false;
    faults_here = true;
    memset(faults.count, 0, sizeof faults.count);
    faults.on = true;
}

void faults_end(void)
{
    faults.on = false;
}

void faults_point(enum fault kind, uint32_t id)
{
    if (!faults.on || !faults_here || ++faults.count[kind] != faults.at || faults.kind != kind)
        return;
    faults.hit = true;
    faults.kill(id);
}

/* Memory is asked for: false, it cannot be had. */
static bool granted(void)
{
    if (!faults.on || !faults_here)
        return true;
    uint32_t id = calls_running();
    if (id)
        faults_point(FAULT_ALLOC, id);
    uint64_t n = ++faults.count[FAULT_FAIL];
    faults.count[FAULT_FAIL_ON] = n;
    bool fails = faults.kind == FAULT_FAIL      ? n == faults.at
                 : faults.kind == FAULT_FAIL_ON ? n >= faults.at
                                                : false;
    faults.hit |= fails;
    return !fails;
}

/* ---- processes ---- */

static struct proc *procs[FAULTS_PROCS_MAX];

struct proc *faults_proc(uint32_t id)
{
    return id < FAULTS_PROCS_MAX ? procs[id] : NULL;
}

void __real_proc_publish(struct proc *p);
void __wrap_proc_publish(struct proc *p);
void __wrap_proc_publish(struct proc *p)
{
    check(p->id < FAULTS_PROCS_MAX);
    procs[p->id] = p;
    __real_proc_publish(p);
}

void __real_proc_forget(struct proc *p);
void __wrap_proc_forget(struct proc *p);
void __wrap_proc_forget(struct proc *p)
{
    procs[p->id] = NULL;
    __real_proc_forget(p);
}

/* ---- memory ---- */

/* NAME(ARGS), unless it is to fail. */
#define WRAP(type, failure, name, params, args)                                                    \
    type __real_##name params;                                                                     \
    type __wrap_##name params;                                                                     \
    type __wrap_##name params                                                                      \
    {                                                                                              \
        if (granted())                                                                             \
            return __real_##name args;                                                             \
        errno = ENOMEM;                                                                            \
        return failure;                                                                            \
    }

/* The same for what free() takes back. */
#define WRAP_OWNED(type, name, params, args, begins)                                               \
    type __real_##name params;                                                                     \
    type __wrap_##name params;                                                                     \
    type __wrap_##name params                                                                      \
    {                                                                                              \
        type got = granted() ? __real_##name args : NULL;                                          \
        faults.live += got && (begins);                                                            \
        return got;                                                                                \
    }

WRAP_OWNED(void *, malloc, (size_t n), (n), true)
WRAP_OWNED(void *, calloc, (size_t n, size_t size), (n, size), true)
WRAP_OWNED(void *, realloc, (void *p, size_t n), (p, n), !p)
WRAP_OWNED(void *, aligned_alloc, (size_t align, size_t n), (align, n), true)
WRAP_OWNED(char *, strdup, (const char *s), (s), true)
WRAP_OWNED(char *, strndup, (const char *s, size_t n), (s, n), true)

void __real_free(void *p);
void __wrap_free(void *p);
void __wrap_free(void *p)
{
    faults.live -= p != NULL;
    __real_free(p);
}

int __wrap_asprintf(char **out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = granted() ? vasprintf(out, fmt, ap) : -1;
    va_end(ap);
    faults.live += n >= 0;
    return n;
}

WRAP(void *, MAP_FAILED, mmap, (void *at, size_t n, int prot, int flags, int fd, off_t offset),
     (at, n, prot, flags, fd, offset))
WRAP(enum status, E_NOMEM, extent_reserve,
     (struct region * r, enum page_zone zone, uint32_t owner, uint32_t npages, uint8_t rights,
      struct extent *out),
     (r, zone, owner, npages, rights, out))
WRAP(enum status, E_NOMEM, extent_reserve_down,
     (struct region * r, uint32_t owner, uint32_t npages, uint8_t rights, struct extent *out),
     (r, owner, npages, rights, out))
WRAP(enum status, E_NOMEM, extent_commit, (struct region * r, struct extent *e, uint32_t n),
     (r, e, n))
WRAP(struct xobj *, NULL, xblock_alloc,
     (struct xheap * h, struct xaccount *a, const struct xtype *t, uint32_t n), (h, a, t, n))
/* Where the one that is to fail, or to end somebody, would begin in compiled code, the ordinary
 * operation is asked instead, which counts it. */
uint64_t __real_fast_block_alloc(const struct fast_self *self, const struct xtype *t,
                                 uint64_t bytes, uint64_t n);
uint64_t __wrap_fast_block_alloc(const struct fast_self *self, const struct xtype *t,
                                 uint64_t bytes, uint64_t n);
uint64_t __wrap_fast_block_alloc(const struct fast_self *self, const struct xtype *t,
                                 uint64_t bytes, uint64_t n)
{
    bool here = (faults.kind == FAULT_ALLOC && faults.count[FAULT_ALLOC] + 1 == faults.at) ||
                (faults.kind == FAULT_FAIL && faults.count[FAULT_FAIL] + 1 == faults.at) ||
                (faults.kind == FAULT_FAIL_ON && faults.count[FAULT_FAIL] + 1 >= faults.at);
    uint64_t got = faults.on && here ? FAST_NOT : __real_fast_block_alloc(self, t, bytes, n);
    if (got != FAST_NOT)
        (void)granted();
    return got;
}
WRAP(struct xobj *, NULL, channel_create,
     (struct xheap * h, struct xaccount *a, const struct xcontract *c), (h, a, c))
WRAP(struct xobj *, NULL, frozen_share, (struct xheap * h, struct xobj *o, struct xaccount *a),
     (h, o, a))
WRAP(struct xobj *, NULL, names_connect,
     (struct names * n, struct xaccount *a, const struct xcontract *c, const char *name,
      uint32_t len),
     (n, a, c, name, len))
WRAP(struct xobj *, NULL, names_listen,
     (struct names * n, struct xaccount *a, const struct xcontract *c, const char *name,
      uint32_t len),
     (n, a, c, name, len))
