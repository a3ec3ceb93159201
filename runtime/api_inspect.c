/* The public interface: what a system is doing, as JSON. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "channels/view.h"
#include "runtime/api_int.h"

struct walk {
    json_t *list;
};

/* The SIP that owns an account, by id; null for native owners and nobody. */
static json_t *owner_id(const struct xaccount *a)
{
    const struct sip *s = a ? a->user : NULL;
    return s ? json_integer(s->proc.id) : json_null();
}

static void give(json_t *list, json_t *j)
{
    if (json_array_append_new(list, j) != 0)
        json_decref(j);
}

/* A name that a guest chose, which goes to somebody's terminal. */
static json_t *shown(const char *name)
{
    struct strbuf b = {0};
    strbuf_put_ascii(&b, name, strlen(name));
    json_t *j = json_stringn(strbuf_text(&b), b.len);
    strbuf_clear(&b);
    return j ? j : json_null();
}

/* ---- SIPs ---- */

/* What a SIP is doing, in a word. */
static const char *doing(const struct sip *s)
{
    if (!s->open)
        return s->proc.trap != TRAP_NONE ? "trapped" : "exited";
    switch (s->proc.state) {
    case PROC_RUNNING:
    case PROC_WOKEN:
        return "running";
    case PROC_READY:
        return "ready";
    case PROC_BLOCKED:
        return spawn_idle(s)                     ? "idle"
               : s->proc.wait_fd >= 0            ? "waits for a descriptor"
               : s->proc.wake_ns != WAIT_FOREVER ? "sleeps"
                                                 : "waits for a message";
    case PROC_FREE:
    case PROC_DEAD:
    case PROC_STATE_N:
        break;
    }
    return "over";
}

static json_t *sip_json(const struct singula_sip *h)
{
    const struct sip *s = h->sip;
    uint64_t memory = swap_memory_bytes(s);
    for (uint32_t i = 0; i < s->ninsts && !s->away; i++) {
        if (verified_view(instance_module(s->insts[i]))->nmemories)
            memory += instance_memory(s->insts[i], 0)->bytes;
    }
    return json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "id",
                     (json_int_t)s->proc.id, "name", s->proc.name, "state", doing(s), "memory",
                     s->mode == MEMORY_GUARD ? "guard" : "compact", "cpu_ns",
                     (json_int_t)s->proc.cpu_ns, "pages", (json_int_t)s->proc.npages,
                     "swapped_pages", (json_int_t)swap_pages(s), "memory_bytes", (json_int_t)memory,
                     "blocks", (json_int_t)s->account.nblocks, "block_bytes",
                     (json_int_t)s->account.nbytes, "queued",
                     (json_int_t)xaccount_queued(s->rt->xheap, &s->account).blocks);
}

static json_t *sips_json(struct singula_system *sys)
{
    json_t *all = json_array();
    for (struct list *l = sys->sips.next; l != &sys->sips; l = l->next)
        give(all, sip_json(container_of(l, struct singula_sip, in_system)));
    return all;
}

/* ---- channels and names ---- */

static json_t *end_json(const struct view_end *e)
{
    json_t *j = json_pack("{s:o, s:b, s:b, s:b, s:I, s:I}", "owner", owner_id(e->owner), "closed",
                          e->closed, "held", e->held, "waiting", e->waiting, "queued",
                          (json_int_t)e->queued, "bound", (json_int_t)e->bound);
    if (e->state)
        json_object_set_new(j, "state", json_string(e->state));
    return j;
}

static void channel_json(void *ctx, const struct view_channel *c)
{
    const struct walk *w = ctx;
    give(w->list, json_pack("{s:s, s:o, s:o}", "contract", c->contract->decl->name, "imp",
                            end_json(&c->ends[ROLE_IMP]), "exp", end_json(&c->ends[ROLE_EXP])));
}

static void name_json(void *ctx, const struct listener *l, const struct xaccount *owner,
                      uint32_t waiting)
{
    const struct walk *w = ctx;
    give(w->list, json_pack("{s:o, s:s, s:o, s:I}", "name", shown(listener_name(l)), "contract",
                            listener_contract(l)->decl->name, "owner", owner_id(owner), "waiting",
                            (json_int_t)waiting));
}

/* ---- pages ---- */

static json_t *use_owner(uint32_t owner, const char **what)
{
    *what = owner == OWNER_KERNEL  ? "kernel"
            : owner == OWNER_XHEAP ? "exchange heap"
            : owner == OWNER_CODE  ? "code"
                                   : "sip";
    return owner < OWNER_PROC ? json_null() : json_integer(owner - OWNER_PROC + 1);
}

static void use_json(void *ctx, const struct region_use *u)
{
    const struct walk *w = ctx;
    const char *what;
    json_t *id = use_owner(u->owner, &what);
    char rights[4] = {u->rights & PAGE_R ? 'r' : '-', u->rights & PAGE_W ? 'w' : '-',
                      u->rights & PAGE_X ? 'x' : '-', 0};
    give(w->list,
         json_pack("{s:I, s:I, s:I, s:s, s:o, s:s, s:s, s:b}", "first", (json_int_t)u->first,
                   "pages", (json_int_t)u->npages, "committed", (json_int_t)u->committed, "use",
                   what, "sip", id, "zone", u->zone == ZONE_GUARD ? "guard" : "compact", "rights",
                   rights, "downwards", u->down));
}

static json_t *pages_json(const struct region *r)
{
    struct region_stats s;
    region_stats(r, &s);
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "committed", (json_int_t)s.committed, "free_kept",
                     (json_int_t)s.dirty_free, "extents", (json_int_t)s.extents, "windows",
                     (json_int_t)s.windows_used, "reach", (json_int_t)s.reach);
}

static json_t *heap_json(const struct xheap *h)
{
    struct xheap_stats s;
    xheap_stats(h, &s);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "blocks", (json_int_t)s.blocks, "endpoints",
                     (json_int_t)s.endpoints, "listeners", (json_int_t)s.listeners, "sets",
                     (json_int_t)s.sets, "bytes", (json_int_t)s.bytes, "pages",
                     (json_int_t)s.pages);
}

int singula_system_inspect(struct singula_system *sys, bool map, char **json)
{
    struct walk w = {json_array()};
    json_t *j = json_pack("{s:I, s:s, s:b, s:I, s:o, s:o, s:o}", "pid", (json_int_t)getpid(),
                          "engine", sys->rt.engine->name, "monitor", sys->rt.monitor, "now_ns",
                          (json_int_t)singula_now_ns(sys), "pages", pages_json(sys->rt.region),
                          "heap", heap_json(sys->rt.xheap), "sips", sips_json(sys));
    view_channels(sys->rt.xheap, channel_json, &w);
    json_object_set_new(j, "channels", w.list);
    w.list = json_array();
    view_names(sys->rt.xheap, name_json, &w);
    json_object_set_new(j, "names", w.list);
    if (map) {
        w.list = json_array();
        region_uses(sys->rt.region, use_json, &w);
        json_object_set_new(j, "map", w.list);
    }
    *json = j ? json_dumps(j, JSON_COMPACT) : NULL;
    json_decref(j);
    return *json ? OK : E_NOMEM;
}
