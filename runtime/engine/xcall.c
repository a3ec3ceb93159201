/* Binding of singula/ imports: one struct xcall per operation and runtime, shared by all instances
 * that import it. */
#include "runtime/engine/xcall_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 256

struct xcalls {
    struct xcall *buckets[BUCKETS];
};

static uint32_t bucket_of(const struct xcall_key *k)
{
    uint64_t words[sizeof *k / sizeof(uint64_t)], hash = 0;
    memcpy(words, k, sizeof words);
    for (uint32_t i = 0; i < ARRAY_LEN(words); i++)
        hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 56) % BUCKETS;
}

/* ---- the key ---- */

static enum status make_key(struct runtime *rt, const struct xop *op, struct xcall_key *key)
{
    bool sends = op->kind == XOP_SEND || op->kind == XOP_CALL;
    *key = (struct xcall_key){.kind = op->kind};
    key->slots = op->slots != CONTRACT_NONE ? op->slots : 0;
    switch (xop_scope_of(op->kind)) {
    case XOP_OF_REF:
        return OK;
    case XOP_OF_CONTRACT:
        /* the role of `R` in the name; `exp.peer` has its in writing */
        key->role = op->kind == XOP_PEER ? ROLE_EXP : op->role;
        key->state = op->state != CONTRACT_NONE ? op->state : 0;
        key->message = sends || op->kind == XOP_RECV ? op->message : 0;
        key->reply = op->kind == XOP_CALL ? op->reply : 0;
        return types_contract(rt->types, op->set, op->contract, &key->contract);
    case XOP_OF_BLOCK:
        key->field = xop_has_field(op->kind) ? op->field : 0;
        key->access = op->kind == XOP_LOAD || op->kind == XOP_STORE ? op->access : 0;
        return types_block(rt->types, op->set, op->block, &key->type);
    }
    BUG("operation");
}

/* ---- what the name says ---- */

static void prepare_block(struct xcall *x)
{
    const struct block_type *b = x->key.type->decl;
    enum xop_kind kind = x->key.kind;
    x->kept = (struct xreftype){.kind = kind == XOP_FROZEN_SWAP ? REF_FROZEN : REF_BLOCK,
                                .block = x->key.type};
    x->writes = kind == XOP_SET || kind == XOP_WRITE || kind == XOP_STORE || kind == XOP_TAKE ||
                kind == XOP_PUT;
    if (!xop_has_field(kind))
        return;
    const struct block_field *f = &b->fields[x->key.field];
    x->offset = f->offset;
    if (f->ref.kind == REF_NONE)
        x->elem_bytes = scalar_size(f->scalar);
    else
        x->ref = &x->key.type->fields[x->key.field];
}

/* Where the payload and the address for the answer are among the parameters. */
static void prepare_channel(struct xcall *x, const struct xop_type *type)
{
    const struct contract *c = x->key.contract->decl;
    enum xop_kind kind = x->key.kind;
    x->kept = (struct xreftype){.kind = x->key.role == ROLE_IMP ? REF_IMP : REF_EXP,
                                .contract = x->key.contract,
                                .state = x->key.state};
    if (kind != XOP_SEND && kind != XOP_RECV && kind != XOP_CALL)
        return;
    x->msg = &c->messages[x->key.message];
    if (x->msg->ref.kind != REF_NONE)
        x->ref = &x->key.contract->messages[x->key.message];
    if (kind != XOP_RECV)
        for (uint32_t i = 1; i < type->nparams; i++)
            if (type->params[i] == VT_EXTERNREF)
                x->ref_slot = i;
    if (kind != XOP_SEND) {
        x->out_bytes = c->messages[kind == XOP_CALL ? x->key.reply : x->key.message].scalars_size;
        x->out_slot = x->out_bytes ? type->nparams - 1 : 0;
    }
}

static char *text(const char *fmt, struct vname a, struct vname b)
{
    char *s = NULL;
    return asprintf(&s, fmt, (int)a.len, a.s, (int)b.len, b.s) < 0 ? NULL : s;
}

static enum status make(const struct vimport *imp, const struct xcall_key *key, bool watched,
                        struct xcall **out)
{
    static const char prefix[] = "singula/";
    struct xop op;
    struct xop_type type;
    enum status st = xop_resolve(imp->xop->set, imp->module.s, imp->module.len, imp->name.s,
                                 imp->name.len, &op, &type, NULL);
    if (st != OK)
        return st;
    struct xcall *x = calloc(1, sizeof *x);
    if (!x)
        return E_NOMEM;
    struct vname shown = imp->module;
    if (shown.len >= sizeof prefix - 1 && memcmp(shown.s, prefix, sizeof prefix - 1) == 0) {
        shown.s += sizeof prefix - 1;
        shown.len -= (uint32_t)sizeof prefix - 1;
    }
    x->key = *key;
    x->host.data = &x->host;
    x->host.block = key->type;
    x->host.module = text("%.*s%.*s", imp->module, (struct vname){"", 0});
    x->host.name = text("%.*s%.*s", imp->name, (struct vname){"", 0});
    x->label = text("%.*s %.*s", shown, imp->name);
    if (key->contract)
        prepare_channel(x, &type);
    else if (key->type)
        prepare_block(x);
    struct xcall_fns fns = xcall_keep_fns(x);
    if (!fns.form[watched])
        fns = key->contract ? xcall_channel_fns(x) : xcall_block_fns(x);
    x->host.fn = fns.form[watched];
    check(x->host.fn);
    *out = x;
    return OK;
}

static void destroy(struct xcall *x)
{
    free((char *)x->host.module);
    free((char *)x->host.name);
    free((char *)x->label);
    free(x);
}

/* ---- the table ---- */

enum status xcall_bind(struct runtime *rt, const struct vimport *imp, const struct hostcall **out,
                       struct diag *why)
{
    struct xcall_key key;
    struct xcall *x;
    enum status st;
    if (!rt->xcalls && !(rt->xcalls = calloc(1, sizeof *rt->xcalls)))
        return diag_set(why, E_NOMEM, "table of operations");
    if ((st = make_key(rt, imp->xop, &key)) != OK)
        goto fail;
    struct xcall **bucket = &rt->xcalls->buckets[bucket_of(&key)];
    for (x = *bucket; x; x = x->chain) {
        if (memcmp(&x->key, &key, sizeof key) == 0) {
            *out = &x->host;
            return OK;
        }
    }
    if ((st = make(imp, &key, rt->monitor, &x)) != OK)
        goto fail;
    if (!x->host.module || !x->host.name || !x->label) {
        destroy(x);
        st = E_NOMEM;
        goto fail;
    }
    x->chain = *bucket;
    *bucket = x;
    *out = &x->host;
    return OK;
fail:
    return diag_set(why, st, "import \"%.*s\" \"%.*s\"", (int)imp->module.len, imp->module.s,
                    (int)imp->name.len, imp->name.s);
}

void xcall_unbind_all(struct runtime *rt)
{
    if (!rt->xcalls)
        return;
    for (uint32_t i = 0; i < BUCKETS; i++) {
        struct xcall *next;
        for (struct xcall *x = rt->xcalls->buckets[i]; x; x = next) {
            next = x->chain;
            destroy(x);
        }
    }
    free(rt->xcalls);
    rt->xcalls = NULL;
}
