/* What the imports of singula/ modules mean, in words (docs/CONTRACTS.md). */
#include "runtime/inspect_int.h"

#include <string.h>

static void put_end(const struct xop *x, struct strbuf *b)
{
    strbuf_printf(b, "%s %s", x->role == ROLE_IMP ? "imp" : "exp",
                  x->set->contracts[x->contract].name);
}

static void put_reference(const struct xop *x, const struct message *m, struct strbuf *b)
{
    xref_type_print(x->set, &m->ref, b);
    strbuf_printf(b, " %s", m->ref_name);
}

static void put_message(const struct xop *x, uint32_t tag, struct strbuf *b)
{
    const struct message *m = &x->set->contracts[x->contract].messages[tag];
    strbuf_printf(b, "%s(", m->name);
    uint32_t at = 0;
    for (uint32_t i = 0; i < m->nparams; i++, at++) {
        if (m->ref.kind != REF_NONE && m->ref_at == at) {
            strbuf_puts(b, at ? ", " : "");
            put_reference(x, m, b);
            at++;
        }
        strbuf_printf(b, "%s%s %s", at ? ", " : "", scalar_name(m->params[i].scalar),
                      m->params[i].name);
    }
    if (m->ref.kind != REF_NONE && m->ref_at >= at) {
        strbuf_puts(b, at ? ", " : "");
        put_reference(x, m, b);
    }
    strbuf_puts(b, ")");
}

static void put_field(const struct xop *x, struct strbuf *b)
{
    const struct block_type *t = &x->set->blocks[x->block];
    const struct block_field *f = &t->fields[x->field];
    strbuf_printf(b, "%s.%s: ", t->name, f->name);
    if (f->ref.kind != REF_NONE)
        xref_type_print(x->set, &f->ref, b);
    else
        strbuf_printf(b, "%s%s", scalar_name(f->scalar), f->is_array ? "[]" : "");
}

/* What stands between the words of a meaning. */
enum subject { NOTHING, BLOCK, FRESH, FIELD, CONTRACT, END, END_IN_STATE, MESSAGE };

static const struct {
    const char *before, *after;
    enum subject subject;
} meanings[XOP_N] = {
    [XOP_ALLOC] = {"a fresh ", ", or null", FRESH},
    [XOP_NEW] = {"a fresh ", "", FRESH},
    [XOP_FREE] = {"ends a ", " and its children", BLOCK},
    [XOP_FREEZE] = {"makes a ", " read-only for good", BLOCK},
    [XOP_SHARE] = {"one more owner of a frozen ", "", BLOCK},
    [XOP_THAW] = {"makes a frozen ", " writable again, or null", BLOCK},
    [XOP_SLOT_SWAP] = {"exchanges what a slot holds: a ", ", or null", BLOCK},
    [XOP_FROZEN_SWAP] = {"exchanges what a slot holds: a frozen ", ", or null", BLOCK},
    [XOP_GET] = {"reads ", "", FIELD},
    [XOP_SET] = {"writes ", "", FIELD},
    [XOP_LEN] = {"counts the elements of ", "", FIELD},
    [XOP_READ] = {"copies to memory from ", "", FIELD},
    [XOP_WRITE] = {"copies from memory to ", "", FIELD},
    [XOP_LOAD] = {"loads from ", "", FIELD},
    [XOP_STORE] = {"stores to ", "", FIELD},
    [XOP_TAKE] = {"moves out ", "", FIELD},
    [XOP_PUT] = {"moves in ", "", FIELD},
    [XOP_SHARE_CHILD] = {"one more owner of the frozen child ", "", FIELD},
    [XOP_CHANNEL] = {"a new channel of ", "", CONTRACT},
    [XOP_PEER] = {"the imp end of a new channel of ", "", CONTRACT},
    [XOP_CONNECT] = {"connects to a name: the imp end of a channel of ", ", or null", CONTRACT},
    [XOP_LISTEN] = {"publishes a name for channels of ", ", or null", CONTRACT},
    [XOP_ACCEPT] = {"waits for a client: the exp end of a channel of ", ", or null", CONTRACT},
    [XOP_LISTENER_CLOSE] = {"withdraws a name", "", NOTHING},
    [XOP_SEND] = {"sends ", "", MESSAGE},
    [XOP_NEXT] = {"waits for the next message of an ", "", END},
    [XOP_POLL] = {"looks for the next message of an ", "", END},
    [XOP_WAIT] = {"waits a while for the next message of an ", "", END},
    [XOP_RECV] = {"receives ", "", MESSAGE},
    [XOP_CALL] = {"sends ", "", MESSAGE},
    [XOP_CLOSE] = {"closes an ", "", END},
    [XOP_ABANDON] = {"abandons an ", " in any state", END},
    [XOP_SET_NEW] = {"a fresh set of ends: ", ", or null", END_IN_STATE},
    [XOP_SET_ADD] = {"moves an end into a set: ", "", END_IN_STATE},
    [XOP_SET_WAIT] = {"waits for the first ready end of a set: ", ", or null", END_IN_STATE},
    [XOP_SET_FREE] = {"ends a set and abandons the ends in it: ", "", END_IN_STATE},
    [XOP_END_SWAP] = {"exchanges what a slot holds: ", ", or null", END_IN_STATE},
    [XOP_IS_NULL] = {"tests a reference for null", "", NOTHING},
};

static void operation_meaning(const struct xop *x, struct strbuf *b)
{
    strbuf_puts(b, meanings[x->kind].before);
    switch (meanings[x->kind].subject) {
    case NOTHING:
        break;
    case BLOCK:
        strbuf_puts(b, x->set->blocks[x->block].name);
        break;
    case FRESH:
        strbuf_puts(b, x->set->blocks[x->block].name);
        if (x->set->blocks[x->block].array != CONTRACT_NONE)
            strbuf_puts(b, " of n elements");
        break;
    case FIELD:
        put_field(x, b);
        break;
    case CONTRACT:
        strbuf_puts(b, x->set->contracts[x->contract].name);
        break;
    case END:
        put_end(x, b);
        break;
    case END_IN_STATE:
        put_end(x, b);
        strbuf_printf(b, ":%s", x->set->contracts[x->contract].states[x->state].name);
        break;
    case MESSAGE:
        put_message(x, x->message, b);
        if (x->kind == XOP_CALL) {
            strbuf_puts(b, ", receives ");
            put_message(x, x->reply, b);
        }
        strbuf_puts(b, " on an ");
        put_end(x, b);
        break;
    }
    strbuf_puts(b, meanings[x->kind].after);
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
