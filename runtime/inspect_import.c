/* What the imports of singula/ modules mean, in words (design section 4.4). */
#include "runtime/inspect_int.h"

#include <string.h>

static const char *role_name(enum role r)
{
    return r == ROLE_IMP ? "imp" : "exp";
}

/* A block, an endpoint in its start state: how a reference of the operation's subject is called. */
static void put_end(const struct xop *x, enum role r, struct strbuf *b)
{
    strbuf_printf(b, "%s %s", role_name(r), x->set->contracts[x->contract].name);
}

static void put_message(const struct xop *x, uint32_t tag, struct strbuf *b)
{
    const struct message *m = &x->set->contracts[x->contract].messages[tag];
    strbuf_printf(b, "%s(", m->name);
    uint32_t at = 0;
    for (uint32_t i = 0; i < m->nparams; i++, at++) {
        if (m->ref.kind != REF_NONE && m->ref_at == at) {
            strbuf_puts(b, at ? ", " : "");
            xref_type_print(x->set, &m->ref, b);
            at++;
        }
        strbuf_printf(b, "%s%s %s", at ? ", " : "", scalar_name(m->params[i].scalar),
                      m->params[i].name);
    }
    if (m->ref.kind != REF_NONE && m->ref_at >= at) {
        strbuf_puts(b, at ? ", " : "");
        xref_type_print(x->set, &m->ref, b);
    }
    strbuf_puts(b, ")");
}

static void put_field(const struct xop *x, const char *verb, struct strbuf *b)
{
    const struct block_type *t = &x->set->blocks[x->block];
    const struct block_field *f = &t->fields[x->field];
    strbuf_printf(b, "%s %s.%s: ", verb, t->name, f->name);
    if (f->ref.kind != REF_NONE)
        xref_type_print(x->set, &f->ref, b);
    else
        strbuf_printf(b, "%s%s", scalar_name(f->scalar), f->is_array ? "[]" : "");
}

static void put_block(const struct xop *x, const char *before, const char *after, struct strbuf *b)
{
    strbuf_printf(b, "%s%s%s", before, x->set->blocks[x->block].name, after);
}

static void block_meaning(const struct xop *x, struct strbuf *b)
{
    bool array = x->set->blocks[x->block].array != CONTRACT_NONE;
    if (x->kind == XOP_ALLOC)
        put_block(x, array ? "a fresh " : "a fresh ",
                  array ? " of n elements, or null" : ", or null", b);
    else if (x->kind == XOP_NEW)
        put_block(x, "a fresh ", array ? " of n elements" : "", b);
    else
        put_block(x, "ends a ", " and its children", b);
}

static void endpoint_meaning(const struct xop *x, const char *before, const char *after,
                             struct strbuf *b)
{
    strbuf_puts(b, before);
    put_end(x, x->role, b);
    strbuf_puts(b, after);
}

static void message_meaning(const struct xop *x, struct strbuf *b)
{
    strbuf_puts(b, x->kind == XOP_RECV ? "receives " : "sends ");
    put_message(x, x->message, b);
    if (x->kind == XOP_CALL) {
        strbuf_puts(b, " and receives ");
        put_message(x, x->reply, b);
    }
    endpoint_meaning(x, " on an ", "", b);
}

static void operation_meaning(const struct xop *x, struct strbuf *b)
{
    switch (x->kind) {
    case XOP_ALLOC:
    case XOP_NEW:
    case XOP_FREE:
        block_meaning(x, b);
        return;
    case XOP_GET:
        put_field(x, "reads", b);
        return;
    case XOP_SET:
        put_field(x, "writes", b);
        return;
    case XOP_LEN:
        put_field(x, "counts the elements of", b);
        return;
    case XOP_READ:
        put_field(x, "copies to memory from", b);
        return;
    case XOP_WRITE:
        put_field(x, "copies from memory to", b);
        return;
    case XOP_LOAD:
        put_field(x, "loads from", b);
        return;
    case XOP_STORE:
        put_field(x, "stores to", b);
        return;
    case XOP_TAKE:
        put_field(x, "moves out", b);
        return;
    case XOP_PUT:
        put_field(x, "moves in", b);
        return;
    case XOP_CHANNEL:
        endpoint_meaning(x, "a new channel: its ", "", b);
        return;
    case XOP_PEER:
        endpoint_meaning(x, "the other end of a fresh ", "", b);
        return;
    case XOP_CONNECT:
        endpoint_meaning(x, "connects to a name: an ", ", or null", b);
        return;
    case XOP_LISTEN:
        endpoint_meaning(x, "publishes a name for an ", "", b);
        return;
    case XOP_ACCEPT:
        endpoint_meaning(x, "waits for a client: an ", "", b);
        return;
    case XOP_LISTENER_CLOSE:
        strbuf_puts(b, "withdraws a name");
        return;
    case XOP_SEND:
    case XOP_RECV:
    case XOP_CALL:
        message_meaning(x, b);
        return;
    case XOP_NEXT:
        endpoint_meaning(x, "waits for the next message of an ", "", b);
        return;
    case XOP_POLL:
        endpoint_meaning(x, "looks for the next message of an ", "", b);
        return;
    case XOP_WAIT:
        endpoint_meaning(x, "waits a while for the next message of an ", "", b);
        return;
    case XOP_CLOSE:
        endpoint_meaning(x, "closes an ", "", b);
        return;
    case XOP_ABANDON:
        endpoint_meaning(x, "abandons an ", " in any state", b);
        return;
    case XOP_IS_NULL:
        strbuf_puts(b, "tests a reference for null");
        return;
    case XOP_N:
        break;
    }
    BUG("operation of no known kind");
}

void inspect_import_meaning(const struct vimport *imp, struct strbuf *out)
{
    static const char wasi[] = "wasi_snapshot_preview1";
    if (imp->xop)
        operation_meaning(imp->xop, out);
    else if (imp->module.len == sizeof wasi - 1 &&
             memcmp(imp->module.s, wasi, sizeof wasi - 1) == 0)
        strbuf_puts(out, "WASI preview 1");
    else
        strbuf_puts(out, "from the host");
}
