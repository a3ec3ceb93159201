/* What a process has from birth: arguments, environment, descriptors, clocks, chance; and the
 * binding of imports. */
#include "runtime/wasi/wasi_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* ---- the table ---- */

/* One row per function; the hostcall of row i has it as its data. */
struct row {
    const char *name;
    wasi_fn fn;
};

static const struct row rows[] = {
#define WASI(name, type) {#name, wasi_##name},
#include "runtime/wasi/wasi.def"
#undef WASI
};

static enum host_result dispatch(struct sip *s, struct instance *caller, const void *data,
                                 uint64_t *slots)
{
    const struct row *row = data;
    struct call c = {
        .sip = s, .w = s->wasi, .inst = caller, .name = row->name, .v = slots, .end = HOST_OK};
    check(c.w);
    enum wasi_errno err = row->fn(&c);
    if (c.wild)
        return sip_bad_pointer(s, row->name, c.wild_ptr, c.wild_n);
    if (c.end == HOST_WAIT)
        return HOST_WAIT;
    call_done(c.w, &s->proc);
    if (c.end == HOST_OK)
        slots[0] = c.err != WASI_SUCCESS ? c.err : err;
    return c.end;
}

static const struct hostcall_row texts[] = {
#define WASI(name, type) {#name, type, dispatch},
#include "runtime/wasi/wasi.def"
#undef WASI
};

enum {
#define WASI(name, type) ROW_##name,
#include "runtime/wasi/wasi.def"
#undef WASI
};

#define MODULE "wasi_snapshot_preview1"

static const struct hostcall hostcalls[] = {
#define WASI(call, type)                                                                           \
    {.fn = dispatch,                                                                               \
     .data = &rows[ROW_##call],                                                                    \
     .module = MODULE,                                                                             \
     .name = #call,                                                                                \
     .gives_way = ROW_##call == ROW_sched_yield},
#include "runtime/wasi/wasi.def"
#undef WASI
};

const struct hostcall_row *wasi_rows(uint32_t *n)
{
    *n = ARRAY_LEN(texts);
    return texts;
}

static bool name_is(struct vname name, const char *s)
{
    return name.len == strlen(s) && memcmp(name.s, s, name.len) == 0;
}

enum status wasi_link(void *ctx, const struct vimport *imp, const struct functype *type,
                      struct extern_ref *out, struct diag *why)
{
    (void)ctx;
    uint32_t i = 0;
    if (!name_is(imp->module, MODULE))
        return link_refuse(why, E_UNLINKABLE_UNKNOWN, imp);
    while (i < ARRAY_LEN(texts) && !name_is(imp->name, texts[i].name))
        i++;
    if (i == ARRAY_LEN(texts)) {
        enum status s =
            diag_set(why, E_UNLINKABLE_UNKNOWN, "%s.%.*s", MODULE, (int)imp->name.len, imp->name.s);
        diag_hint(why, "WASI preview 1 has no function of that name");
        return s;
    }
    if (imp->kind != EXT_FUNC)
        return diag_set(why, E_UNLINKABLE_TYPE, "%s.%s is a function", MODULE, texts[i].name);
    if (!hostcall_type_matches(texts[i].type, type)) {
        struct strbuf want = {0}, found = {0};
        enum status s = diag_set(why, E_UNLINKABLE_TYPE, "%s.%s", MODULE, texts[i].name);
        hostcall_type_print(texts[i].type, &want);
        functype_print(type, &found);
        diag_want(why, "%s", strbuf_text(&want));
        diag_found(why, "%s", strbuf_text(&found));
        strbuf_clear(&want);
        strbuf_clear(&found);
        return s;
    }
    *out = (struct extern_ref){.kind = EXT_FUNC, .host = &hostcalls[i]};
    return OK;
}

/* ---- attach and teardown ---- */

enum { HOST_CLOSED = INT32_MAX }; /* stands in for a closed stream while the table is filled */

static enum status copy_strings(const char *const *list, struct strings *out, struct diag *why)
{
    size_t bytes = 0;
    uint32_t count = 0;
    if (!list)
        return OK;
    for (; list[count]; count++) {
        bytes += strlen(list[count]) + 1;
        if (bytes > WASI_MAX_ARGS)
            return diag_set(why, E_ARGUMENT, "arguments or environment are longer than 1 MiB");
    }
    char *copy = malloc(bytes + 1);
    if (!copy)
        return diag_set(why, E_NOMEM, "arguments");
    *out = (struct strings){copy, (uint32_t)bytes, count};
    for (uint32_t i = 0; i < count; i++)
        copy = stpcpy(copy, list[i]) + 1;
    return OK;
}

static enum status add_dir(struct wasi *w, const struct wasi_dir *d, struct diag *why)
{
    struct stat st;
    uint32_t fd;
    if (fdtable_reserve(w, &fd) != WASI_SUCCESS)
        return diag_set(why, E_NOMEM, "descriptors");
    int host = open(d->host_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (host < 0 || fstat(host, &st) != 0) {
        int err = errno;
        if (host >= 0)
            close(host);
        return diag_set(why, E_IO, "directory %s: %s", d->host_path, strerror(err));
    }
    struct fdent e = fdtable_describe(host, &st);
    e.owned = true;
    e.read_only = d->read_only;
    e.preopen = strdup(d->guest_path);
    w->fds[fd] = e;
    if (!e.preopen)
        return diag_set(why, E_NOMEM, "directory %s", d->host_path);
    if (w->way == SANDBOX_KERNEL)
        w->way = sandbox_probe(host);
    return OK;
}

/* Fills the SIP's state, which the caller tears down if this fails. */
static enum status fill(struct wasi *w, const struct wasi_config *cfg, struct diag *why)
{
    uint32_t fd;
    enum status s = copy_strings(cfg->args, &w->args, why);
    if (s == OK)
        s = copy_strings(cfg->env, &w->env, why);
    if (s == OK && fdtable_reserve(w, &fd) != WASI_SUCCESS)
        s = diag_set(why, E_NOMEM, "descriptors");
    if (s != OK)
        return s;
    /* 0, 1, 2 are the streams' even where one is closed: no directory takes the number */
    for (uint32_t i = 0; i < 3; i++)
        w->fds[i].host = cfg->stdio[i] >= 0 ? cfg->stdio[i] : HOST_CLOSED;
    for (uint32_t i = 0; s == OK && i < cfg->ndirs; i++)
        s = add_dir(w, &cfg->dirs[i], why);
    for (uint32_t i = 0; i < 3; i++)
        if (w->fds[i].host == HOST_CLOSED)
            w->fds[i].host = -1;
    return s;
}

enum status wasi_attach(struct sip *s, const struct wasi_config *cfg, struct diag *why)
{
    check(!s->wasi);
    struct wasi *w = calloc(1, sizeof *w);
    if (!w)
        return diag_set(why, E_NOMEM, "WASI state");
    w->epoll = -1;
    w->no_clocks = cfg->no_clocks;
    w->open = cfg->open ? descriptors_keep(cfg->open) : descriptors_make(&s->rt->open_descriptors);
    s->wasi = w;
    enum status r = E_NOMEM;
    if (w->open) {
        w->max_fds = descriptors_max(w->open) + 3 + cfg->ndirs; /* those are not its own doing */
        r = fill(w, cfg, why);
    }
    if (r != OK)
        wasi_teardown(s);
    else
        s->wasi_teardown = wasi_teardown;
    return r;
}

void wasi_teardown(struct sip *s)
{
    struct wasi *w = s->wasi;
    if (!w)
        return;
    wasi_io_abandon(s->rt->aio, w);
    wasi_path_abandon(s->rt->aio, w);
    wasi_path_close_all(s->rt, w);
    if (w->epoll >= 0)
        close(w->epoll);
    free(w->fds);
    descriptors_drop(w->open);
    free(w->args.bytes);
    free(w->env.bytes);
    free(w);
    s->wasi = NULL;
}

/* ---- arguments and environment ---- */

static enum wasi_errno strings_sizes(struct call *c, const struct strings *l)
{
    uint8_t *count = call_bytes(c, 0, 4), *bytes = call_bytes(c, 1, 4);
    if (call_bad(c))
        return c->err;
    put_u32(count, l->count);
    put_u32(bytes, l->nbytes);
    return WASI_SUCCESS;
}

static enum wasi_errno strings_get(struct call *c, const struct strings *l)
{
    uint8_t *pointers = call_bytes(c, 0, (uint64_t)l->count * 4),
            *bytes = call_bytes(c, 1, l->nbytes);
    if (call_bad(c))
        return c->err;
    uint32_t at = call_u32(c, 1);
    const char *s = l->bytes;
    for (uint32_t i = 0; i < l->count; i++) {
        uint32_t n = (uint32_t)strlen(s) + 1;
        memcpy(bytes, s, n);
        put_u32(pointers, at);
        bytes += n;
        pointers += 4;
        s += n;
        at += n;
    }
    return WASI_SUCCESS;
}

enum wasi_errno wasi_args_get(struct call *c)
{
    return strings_get(c, &c->w->args);
}

enum wasi_errno wasi_args_sizes_get(struct call *c)
{
    return strings_sizes(c, &c->w->args);
}

enum wasi_errno wasi_environ_get(struct call *c)
{
    return strings_get(c, &c->w->env);
}

enum wasi_errno wasi_environ_sizes_get(struct call *c)
{
    return strings_sizes(c, &c->w->env);
}

/* ---- clocks ---- */

static const clockid_t clocks[] = {
    [WASI_CLOCK_REALTIME] = CLOCK_REALTIME,
    [WASI_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,
    [WASI_CLOCK_PROCESS] =
        CLOCK_THREAD_CPUTIME_ID, /* only its resolution; the time is the SIP's own */
    [WASI_CLOCK_THREAD] = CLOCK_THREAD_CPUTIME_ID,
};

enum wasi_errno wasi_clock_res_get(struct call *c)
{
    uint8_t *out = call_bytes(c, 1, 8);
    uint32_t id = call_u32(c, 0);
    struct timespec t;
    if (call_bad(c))
        return c->err;
    if (id >= ARRAY_LEN(clocks))
        return WASI_EINVAL;
    if (c->w->no_clocks >> id & 1)
        return WASI_ENOTCAPABLE;
    if (clock_getres(clocks[id], &t) != 0)
        return errno_to_wasi(errno);
    put_u64(out, (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec);
    return WASI_SUCCESS;
}

enum wasi_errno wasi_clock_time_get(struct call *c)
{
    uint8_t *out = call_bytes(c, 2, 8);
    uint32_t id = call_u32(c, 0);
    if (call_bad(c))
        return c->err;
    if (id >= ARRAY_LEN(clocks))
        return WASI_EINVAL;
    if (c->w->no_clocks >> id & 1)
        return WASI_ENOTCAPABLE;
    bool own = id == WASI_CLOCK_PROCESS || id == WASI_CLOCK_THREAD;
    put_u64(out, own ? proc_cpu_ns(&c->sip->proc) : call_clock(c, clocks[id]));
    return WASI_SUCCESS;
}

/* ---- the process ---- */

enum wasi_errno wasi_proc_exit(struct call *c)
{
    c->sip->proc.exit_code = (int)call_u32(c, 0);
    c->end = HOST_EXIT;
    return WASI_SUCCESS;
}

/* There are no handlers in the snapshot, so a signal does what it does by default: nothing, or end
 * the program with the code that a shell would report. A SIP cannot be stopped and continued. */
enum wasi_errno wasi_proc_raise(struct call *c)
{
    enum {
        CHLD = 16,
        CONT = 17,
        STOP = 18,
        TSTP = 19,
        TTIN = 20,
        TTOU = 21,
        URG = 22,
        WINCH = 27,
        SIGNALS = 31
    };
    const uint32_t ignored = 1u | 1u << CHLD | 1u << CONT | 1u << URG | 1u << WINCH;
    const uint32_t stopping = 1u << STOP | 1u << TSTP | 1u << TTIN | 1u << TTOU;
    uint32_t sig = call_u32(c, 0);
    if (sig >= SIGNALS)
        return WASI_EINVAL;
    if (stopping >> sig & 1)
        return WASI_ENOSYS;
    if (ignored >> sig & 1)
        return WASI_SUCCESS;
    c->sip->proc.exit_code =
        128 + (int)(sig < CHLD ? sig : sig + 1); /* Linux has one more below CHLD */
    c->end = HOST_EXIT;
    return WASI_SUCCESS;
}

enum wasi_errno wasi_random_get(struct call *c)
{
    uint32_t n = call_u32(c, 1);
    uint8_t *out = call_bytes(c, 0, n);
    if (call_bad(c))
        return c->err;
    uint64_t stop = c->w->progress + WASI_RANDOM_SLICE;
    while (c->w->progress < n) {
        if (c->w->progress >= stop)
            return call_give_way(c);
        uint64_t left = n - c->w->progress;
        left = left < 65536 ? left : 65536;
        bool seeded = sched_random(c->sip->rt->sched, out + c->w->progress, left);
        ssize_t got = seeded ? (ssize_t)left : getrandom(out + c->w->progress, left, 0);
        if (got >= 0)
            c->w->progress += (uint64_t)got;
        else if (errno != EINTR)
            return errno_to_wasi(errno);
    }
    return WASI_SUCCESS;
}

enum wasi_errno wasi_sched_yield(struct call *c)
{
    if (!c->sip->proc.by_signal)
        return call_again(c) ? WASI_SUCCESS : call_give_way(c);
    proc_give_way(&c->sip->proc); /* machine code looks as soon as the call is over */
    return WASI_SUCCESS;
}
