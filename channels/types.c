/* Interned types. A set of mutually dependent declarations is entered at once: first all are looked
 * up, then shells for the new ones are made, filled and linked, and only then entered into the
 * table, so that a failure in between leaves the table as it was (the arena keeps the lost bytes
 * until types_destroy()).
 *
 * INV-T: two entries have different canonical texts; every pointer in an entry is to an entry.
 */
#include "channels/types.h"

#include "channels/endpoint.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct contract_id id;
    const char *canonical;
    size_t len;
    struct xtype *block; /* one of these */
    struct xcontract *contract;
};

struct types {
    pthread_mutex_t lock; /* for the table; what is in it does not change */
    struct arena arena;
    struct entry *entries;  /* open addressing by id; canonical NULL: free */
    uint32_t nslots, nused; /* nslots: a power of two */
    uint32_t nblocks, ncontracts;
};

/* What types_block() and types_contract() are entering. */
struct entering {
    struct types *t;
    const struct contract_set *set;
    uint32_t *decls; /* as contract_closure() lists them */
    uint32_t n;
    uint32_t *at;        /* by declaration of the set: its place in decls[] */
    struct entry *found; /* by place: the entry, old or to be */
    bool *fresh;         /* by place: it is new */
};

enum status types_create(struct types **out)
{
    struct types *t = calloc(1, sizeof *t);
    if (!t)
        return E_NOMEM;
    t->nslots = 64;
    t->entries = calloc(t->nslots, sizeof *t->entries);
    if (!t->entries) {
        free(t);
        return E_NOMEM;
    }
    check(pthread_mutex_init(&t->lock, NULL) == 0);
    *out = t;
    return OK;
}

void types_destroy(struct types *t)
{
    if (!t)
        return;
    arena_clear(&t->arena);
    pthread_mutex_destroy(&t->lock);
    free(t->entries);
    free(t);
}

/* The entry with that text, or the free one where it belongs. */
static struct entry *lookup(struct entry *entries, uint32_t nslots, struct contract_id id,
                            const char *canonical, size_t len)
{
    for (uint32_t at = (uint32_t)id.lo & (nslots - 1);; at = (at + 1) & (nslots - 1)) {
        struct entry *e = &entries[at];
        if (!e->canonical || (e->id.lo == id.lo && e->id.hi == id.hi && e->len == len &&
                              memcmp(e->canonical, canonical, len) == 0))
            return e;
    }
}

/* Room for `more` entries at half load. */
static bool reserve(struct types *t, uint32_t more)
{
    uint32_t n = t->nslots;
    while (n < 2 * (t->nused + more))
        n *= 2;
    if (n == t->nslots)
        return true;
    struct entry *entries = calloc(n, sizeof *entries);
    if (!entries)
        return false;
    for (uint32_t i = 0; i < t->nslots; i++) {
        const struct entry *e = &t->entries[i];
        if (e->canonical)
            *lookup(entries, n, e->id, e->canonical, e->len) = *e;
    }
    free(t->entries);
    t->entries = entries;
    t->nslots = n;
    return true;
}

/* ---- private copies ---- */

static const struct notes no_notes = {"", ""};

/* Copies n bytes; NULL when memory is exhausted. n may be 0. */
static void *copy(struct arena *a, const void *from, size_t n)
{
    void *to = arena_alloc(a, n);
    if (to && n)
        memcpy(to, from, n);
    return to;
}

static const char *copy_name(struct arena *a, const char *s, bool *ok)
{
    const char *c = arena_strndup(a, s, strlen(s));
    *ok &= c != NULL;
    return c;
}

static const struct block_type *copy_block(struct arena *a, const struct block_type *from)
{
    bool ok = true;
    struct block_type *b = copy(a, from, sizeof *b);
    struct block_field *fields = copy(a, from->fields, from->nfields * sizeof *fields);
    if (!b || !fields)
        return NULL;
    b->name = copy_name(a, from->name, &ok);
    b->notes = no_notes;
    b->tail = "";
    b->fields = fields;
    for (uint32_t i = 0; i < b->nfields; i++) {
        fields[i].name = copy_name(a, from->fields[i].name, &ok);
        fields[i].notes = no_notes;
    }
    return ok ? b : NULL;
}

static bool copy_message(struct arena *a, struct message *m)
{
    bool ok = true;
    struct message_param *params = copy(a, m->params, m->nparams * sizeof *params);
    if (!params)
        return false;
    for (uint32_t i = 0; i < m->nparams; i++)
        params[i].name = copy_name(a, params[i].name, &ok);
    m->params = params;
    m->name = copy_name(a, m->name, &ok);
    m->notes = no_notes;
    if (m->ref_name)
        m->ref_name = copy_name(a, m->ref_name, &ok);
    return ok;
}

static const struct contract *copy_contract(struct arena *a, const struct contract *from)
{
    bool ok = true;
    struct contract *c = copy(a, from, sizeof *c);
    struct message *messages = copy(a, from->messages, from->nmessages * sizeof *messages);
    struct state *states = copy(a, from->states, from->nstates * sizeof *states);
    if (!c || !messages || !states)
        return NULL;
    c->name = copy_name(a, from->name, &ok);
    c->notes = no_notes;
    c->tail = "";
    c->messages = messages;
    c->states = states;
    for (uint32_t i = 0; i < c->nmessages; i++)
        ok &= copy_message(a, &messages[i]);
    for (uint32_t i = 0; i < c->nstates; i++) {
        states[i].name = copy_name(a, states[i].name, &ok);
        states[i].notes = no_notes;
        states[i].transitions =
            copy(a, states[i].transitions, states[i].ntransitions * sizeof *states[i].transitions);
        ok &= states[i].transitions != NULL;
    }
    return ok ? c : NULL;
}

/* ---- entering ---- */

/* Canonical text of a declaration into *e, and what the table has under it. */
static bool find_entry(struct entering *in, uint32_t place, uint32_t decl)
{
    struct types *t = in->t;
    struct strbuf text = {0};
    if (decl < in->set->nblocks)
        contract_canonical_block(in->set, decl, &text);
    else
        contract_canonical_contract(in->set, decl - in->set->nblocks, &text);
    if (text.failed) {
        strbuf_clear(&text);
        return false;
    }
    struct contract_id id = contract_id_of(text.s, text.len);
    struct entry *e = lookup(t->entries, t->nslots, id, text.s, text.len);
    bool ok = true;
    in->fresh[place] = !e->canonical;
    if (e->canonical) {
        in->found[place] = *e;
    } else {
        in->found[place] = (struct entry){.id = id, .len = text.len};
        in->found[place].canonical = arena_strndup(&t->arena, text.s, text.len);
        ok = in->found[place].canonical != NULL;
    }
    strbuf_clear(&text);
    return ok;
}

static bool make_shell(struct entering *in, uint32_t place, uint32_t decl)
{
    struct entry *e = &in->found[place];
    if (decl < in->set->nblocks)
        e->block = ARENA_NEW(&in->t->arena, struct xtype);
    else
        e->contract = ARENA_NEW(&in->t->arena, struct xcontract);
    return e->block || e->contract;
}

static struct xreftype link_ref(const struct entering *in, const struct xref_type *ref)
{
    struct xreftype r = {.kind = ref->kind};
    switch (ref->kind) {
    case REF_NONE:
        break;
    case REF_BLOCK:
    case REF_FROZEN:
        r.block = in->found[in->at[ref->block]].block;
        break;
    case REF_IMP:
    case REF_EXP:
        r.contract = in->found[in->at[in->set->nblocks + ref->contract]].contract;
        r.state = ref->state;
        break;
    }
    return r;
}

static bool fill_block(struct entering *in, const struct entry *e, const struct block_type *b)
{
    struct arena *a = &in->t->arena;
    struct xreftype *fields = ARENA_ARRAY(a, b->nfields, struct xreftype);
    const struct block_type *decl = copy_block(a, b);
    if (!fields || !decl)
        return false;
    for (uint32_t i = 0; i < b->nfields; i++)
        fields[i] = link_ref(in, &b->fields[i].ref);
    *e->block =
        (struct xtype){.decl = decl, .canonical = e->canonical, .fields = fields, .size = b->size};
    if (b->array != CONTRACT_NONE) {
        e->block->elem_size = scalar_size(b->fields[b->array].scalar);
        check(b->fields[b->array].offset == b->size);
    }
    return true;
}

/* Slots are a power of two in number, none for a direction that is never used, and in size, so that
 * none lies in two cache lines. */
static struct xshape shape(const struct contract *c, enum direction dir)
{
    struct xshape s = {.slots = c->bound[dir] ? 1 : 0, .shift = 3};
    uint32_t scalars = 0;
    while (s.slots < c->bound[dir])
        s.slots *= 2;
    for (uint32_t i = 0; i < c->nmessages; i++) {
        const struct message *m = &c->messages[i];
        if (m->dir != dir)
            continue;
        s.refs |= m->ref.kind != REF_NONE;
        if (m->scalars_size > scalars)
            scalars = m->scalars_size;
    }
    while (1u << s.shift < sizeof(struct xcell) + (s.refs ? 8 : 0) + (scalars + 7) / 8 * 8)
        s.shift++;
    return s;
}

static bool fill_contract(struct entering *in, const struct entry *e, const struct contract *c)
{
    struct arena *a = &in->t->arena;
    struct xreftype *messages = ARENA_ARRAY(a, c->nmessages, struct xreftype);
    const struct contract *decl = copy_contract(a, c);
    if (!messages || !decl)
        return false;
    for (uint32_t i = 0; i < c->nmessages; i++)
        messages[i] = link_ref(in, &c->messages[i].ref);
    *e->contract = (struct xcontract){.decl = decl,
                                      .canonical = e->canonical,
                                      .messages = messages,
                                      .queues = {shape(decl, DIR_IN), shape(decl, DIR_OUT)}};
    return true;
}

static bool fill(struct entering *in, uint32_t place, uint32_t decl)
{
    if (decl < in->set->nblocks)
        return fill_block(in, &in->found[place], &in->set->blocks[decl]);
    return fill_contract(in, &in->found[place], &in->set->contracts[decl - in->set->nblocks]);
}

/* Commit: cannot fail. */
static void publish(struct entering *in)
{
    struct types *t = in->t;
    for (uint32_t i = 0; i < in->n; i++) {
        struct entry *e = &in->found[i];
        if (!in->fresh[i])
            continue;
        if (e->block)
            e->block->id = t->nblocks++;
        else
            e->contract->id = t->ncontracts++;
        *lookup(t->entries, t->nslots, e->id, e->canonical, e->len) = *e;
        t->nused++;
    }
}

/* Interns declaration `decl` (numbered as contract_closure() does) and all that it mentions; its
 * entry in *out. */
static enum status enter(struct types *t, const struct contract_set *s, uint32_t decl,
                         struct entry *out)
{
    uint32_t total = s->nblocks + s->ncontracts;
    struct arena a = {0};
    struct entering in = {.t = t, .set = s};
    uint8_t *seen = ARENA_ARRAY(&a, total, uint8_t);
    in.decls = ARENA_ARRAY(&a, total, uint32_t);
    in.at = ARENA_ARRAY(&a, total, uint32_t);
    if (!seen || !in.decls || !in.at)
        goto fail;
    in.n = contract_closure(s, decl, seen, in.decls);
    in.found = ARENA_ARRAY(&a, in.n, struct entry);
    in.fresh = ARENA_ARRAY(&a, in.n, bool);
    if (!in.found || !in.fresh || !reserve(t, in.n))
        goto fail;
    for (uint32_t i = 0; i < in.n; i++) {
        in.at[in.decls[i]] = i;
        if (!find_entry(&in, i, in.decls[i]))
            goto fail;
        if (i == 0 && !in.fresh[0])
            goto done; /* then everything it mentions is known too */
        if (in.fresh[i] && !make_shell(&in, i, in.decls[i]))
            goto fail;
    }
    for (uint32_t i = 0; i < in.n; i++)
        if (in.fresh[i] && !fill(&in, i, in.decls[i]))
            goto fail;
    publish(&in);
done:
    *out = in.found[0];
    arena_clear(&a);
    return OK;
fail:
    arena_clear(&a);
    return E_NOMEM;
}

static enum status enter_locked(struct types *t, const struct contract_set *s, uint32_t decl,
                                struct entry *out)
{
    check(pthread_mutex_lock(&t->lock) == 0);
    enum status st = enter(t, s, decl, out);
    check(pthread_mutex_unlock(&t->lock) == 0);
    return st;
}

enum status types_block(struct types *t, const struct contract_set *s, uint32_t block,
                        const struct xtype **out)
{
    struct entry e;
    enum status st = enter_locked(t, s, block, &e);
    if (st == OK)
        *out = e.block;
    return st;
}

enum status types_contract(struct types *t, const struct contract_set *s, uint32_t contract,
                           const struct xcontract **out)
{
    struct entry e;
    enum status st = enter_locked(t, s, s->nblocks + contract, &e);
    if (st == OK)
        *out = e.contract;
    return st;
}
