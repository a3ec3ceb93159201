/* The public interface: host functions, and the link function that finds them. */
#include <stdlib.h>
#include <string.h>

#include "runtime/api_int.h"
#include "runtime/wasi/wasi.h"

static bool name_is(struct vname a, const char *b)
{
    return a.len == strlen(b) && memcmp(a.s, b, a.len) == 0;
}

static struct host_entry *find(const struct singula_system *sys, struct vname module,
                               struct vname name)
{
    for (struct list *i = sys->hosts.next; i != &sys->hosts; i = i->next) {
        struct host_entry *e = container_of(i, struct host_entry, in_system);
        if (name_is(module, e->module) && name_is(name, e->name))
            return e;
    }
    return NULL;
}

enum status api_link(void *ctx, const struct vimport *imp, const struct functype *type,
                     struct extern_ref *out, struct diag *why)
{
    const struct singula_system *sys = ctx;
    const struct host_entry *e = find(sys, imp->module, imp->name);
    if (!e) {
        enum status st = wasi_link(NULL, imp, type, out, why);
        if (st == E_UNLINKABLE_UNKNOWN && why && !why->hint[0])
            diag_hint(why, "offer it as a host function, or link the module without it");
        return st;
    }
    if (imp->kind == EXT_FUNC && hostcall_type_matches(e->type, type)) {
        *out =
            (struct extern_ref){.kind = EXT_FUNC, .host = e->ffi ? ffi_hostcall(e->ffi) : &e->call};
        return OK;
    }
    struct strbuf want = {0}, found = {0};
    if (type)
        functype_print(type, &want);
    hostcall_type_print(e->type, &found);
    diag_set(why, E_UNLINKABLE_TYPE, "\"%s\" \"%s\"", e->module, e->name);
    diag_want(why, "%s", type ? strbuf_text(&want) : "something that is not a function");
    diag_found(why, "a host function %s", strbuf_text(&found));
    strbuf_clear(&want);
    strbuf_clear(&found);
    return E_UNLINKABLE_TYPE;
}

static enum host_result host_failed(struct sip *s, const void *data, int result)
{
    const struct host_entry *e = data;
    return sip_trap(s, TRAP_HOST_ERROR, "%s %s answered %d", e->module, e->name, result);
}

static enum host_result call_host(struct sip *s, struct instance *caller, const void *data,
                                  uint64_t *slots)
{
    const struct host_entry *e = data;
    pthread_mutex_t *lock = s->rt->host_lock;
    (void)caller;
    if (lock)
        pthread_mutex_lock(lock);
    int r = e->fn(s->user, e->ctx, slots);
    if (lock)
        pthread_mutex_unlock(lock);
    return r == 0 ? HOST_OK : host_failed(s, data, r);
}

static void entry_destroy(struct host_entry *e)
{
    if (e->ffi)
        ffi_unbind(e->ffi);
    free(e->module);
    free(e->name);
    free(e->type);
    free(e);
}

/* Copies the texts and puts the entry into the system's list; takes ownership of `ffi` in any case.
 */
static enum status enter(struct singula_system *sys, const char *module, const char *name,
                         const char *type, struct ffi_binding *ffi, struct host_entry **out,
                         struct diag *why)
{
    struct host_entry *e = calloc(1, sizeof *e);
    if (!e) {
        if (ffi)
            ffi_unbind(ffi);
        return diag_set(why, E_NOMEM, "a host function");
    }
    e->ffi = ffi;
    e->module = strdup(module);
    e->name = strdup(name);
    e->type = strdup(type);
    enum status st = OK;
    if (!e->module || !e->name || !e->type)
        st = diag_set(why, E_NOMEM, "a host function");
    else if (find(sys, (struct vname){module, (uint32_t)strlen(module)},
                  (struct vname){name, (uint32_t)strlen(name)}))
        st = diag_set(why, E_ARGUMENT, "\"%s\" \"%s\" is offered already", module, name);
    if (st != OK) {
        entry_destroy(e);
        return st;
    }
    e->call = (struct hostcall){.fn = call_host, .data = e, .module = e->module, .name = e->name};
    list_push(&sys->hosts, &e->in_system);
    *out = e;
    return OK;
}

int singula_host_function(struct singula_system *sys, const char *module, const char *name,
                          const char *type, singula_host_fn fn, void *ctx, struct singula_diag *why)
{
    struct diag d;
    struct host_entry *e;
    diag_clear(&d);
    if (!hostcall_type_valid(type)) {
        diag_set(&d, E_ARGUMENT, "type \"%s\" of \"%s\" \"%s\"", type, module, name);
        diag_want(&d, "letters i I f F r, a colon, and at most one more");
        return api_refuse(why, &d, E_ARGUMENT);
    }
    enum status st = enter(sys, module, name, type, NULL, &e, &d);
    if (st == OK) {
        e->fn = fn;
        e->ctx = ctx;
    }
    if (st == OK && !sys->rt.shared) { /* else call_host() has them come one at a time */
        e->call.plain = (void (*)(void))fn;
        e->call.plain_data = ctx;
        e->call.failed = host_failed;
    }
    return api_refuse(why, &d, st);
}

int singula_host_bind(struct singula_system *sys, const char *binding, struct singula_diag *why)
{
    struct diag d;
    struct ffi_binding *b;
    struct host_entry *e;
    diag_clear(&d);
    enum status st = ffi_bind(binding, &b, &d);
    if (st == OK && sys->rt.shared)
        ffi_one_at_a_time(b);
    if (st == OK)
        st = enter(sys, ffi_module(b), ffi_name(b), ffi_type_text(b), b, &e, &d);
    return api_refuse(why, &d, st);
}

void api_hosts_clear(struct singula_system *sys)
{
    while (!list_empty(&sys->hosts)) {
        struct host_entry *e = container_of(sys->hosts.next, struct host_entry, in_system);
        list_remove(&e->in_system);
        entry_destroy(e);
    }
}

void *singula_guest_bytes(struct singula_sip *sip, uint32_t ptr, uint64_t n)
{
    return sip->sip->ninsts ? guest_bytes(sip->sip->insts[0], ptr, n) : NULL;
}
