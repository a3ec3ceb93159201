/* Import names are patterns (xops.def): words separated by dots, some of which are places for a
 * field, a message, a role or an access. Resolving matches a name against them, enumerating fills
 * them; both ask misuse() whether the declarations allow the result, so they cannot disagree. */
#include "contract/xops.h"

#include <stdio.h>
#include <string.h>

#include "contract/nearest.h"

#define PREFIX    "singula/"
#define WORDS_MAX 4

static const char *const patterns[XOP_N] = {
#define XOP(kind, name, blocks) [XOP_##kind] = name,
#include "contract/xops.def"
#undef XOP
};

static const char *const roles[] = {[ROLE_IMP] = "imp", [ROLE_EXP] = "exp"};

bool xop_is_module(const char *module, size_t n)
{
    size_t prefix = strlen(PREFIX);
    return (n == prefix - 1 && memcmp(module, PREFIX, n) == 0) ||
           (n >= prefix && memcmp(module, PREFIX, prefix) == 0);
}

/* ---- what the declarations allow ---- */

static bool in_text(const char *text, size_t n, const char *word)
{
    return strlen(word) == n && memcmp(text, word, n) == 0;
}

/* True if `reply` can be the next message after `request`. */
static bool follows(const struct contract *c, uint32_t request, uint32_t reply)
{
    for (uint32_t s = 0; s < c->nstates; s++) {
        const struct transition *t = state_transition(&c->states[s], request);
        if (t && t->next != STATE_END && state_transition(&c->states[t->next], reply))
            return true;
    }
    return false;
}

static const char *freeze_misuse(const struct xop *op)
{
    return op->set->blocks[op->block].holds_endpoints
               ? "the block holds endpoints, which have one owner: it cannot be frozen"
               : NULL;
}

/* The declaration of the slots that the operation is for, or CONTRACT_NONE. */
static uint32_t slots_of(const struct xop *op)
{
    struct xref_type t = {.kind = op->kind == XOP_FROZEN_SWAP ? REF_FROZEN : REF_BLOCK};
    t.block = op->block;
    if (op->kind == XOP_END_SWAP)
        t = (struct xref_type){.kind = op->role == ROLE_IMP ? REF_IMP : REF_EXP,
                               .contract = op->contract,
                               .state = op->state};
    return contract_find_slots(op->set, &t);
}

static const char *field_misuse(const struct xop *op, const struct block_field *f)
{
    bool ref = f->ref.kind != REF_NONE;
    switch (op->kind) {
    case XOP_GET:
    case XOP_SET:
        return ref ? "the field is a reference: `take` moves it out, `put` moves one in" : NULL;
    case XOP_TAKE:
    case XOP_PUT:
        return ref ? NULL : "the field is not a reference: use `get` and `set`";
    case XOP_SHARE_CHILD:
        if (!ref)
            return "the field is not a reference: `get` reads it in a frozen block, too";
        return freeze_misuse(op);
    case XOP_LEN:
    case XOP_READ:
    case XOP_WRITE:
        return f->is_array ? NULL : "the field is not an array";
    case XOP_LOAD:
    case XOP_STORE:
        if (!f->is_array || f->scalar != SC_U8)
            return "only a `u8[]` field has this operation";
        return xaccess_ok(op->access, op->kind == XOP_STORE)
                   ? NULL
                   : "loads end in `_u` or `_s` where they widen, stores never do";
    default:
        BUG("operation without a field");
    }
}

static const char *message_misuse(const struct xop *op, uint32_t message, bool sends)
{
    const struct message *m = &op->set->contracts[op->contract].messages[message];
    if ((direction_sender(m->dir) == op->role) != sends)
        return m->dir == DIR_IN ? "an `in` message is sent by imp and received by exp"
                                : "an `out` message is sent by exp and received by imp";
    return NULL;
}

/* As `next` and `wait`: where only this side sends there is nothing to wait for. */
static const char *set_misuse(const struct xop *op)
{
    const struct state *s = &op->set->contracts[op->contract].states[op->state];
    if (s->ntransitions && direction_sender(s->dir) == op->role)
        return "in that state this end sends, so there is nothing to wait for";
    return NULL;
}

static const char *slots_misuse(const struct xop *op)
{
    if (slots_of(op) != CONTRACT_NONE)
        return NULL;
    return op->kind == XOP_SLOT_SWAP     ? "the contract declares no `slots` of that block"
           : op->kind == XOP_FROZEN_SWAP ? "the contract declares no `slots frozen` of that block"
                                         : "the contract declares no `slots` of that endpoint";
}

/* Why the declarations do not allow an operation that is otherwise well named; NULL if they do. */
static const char *misuse(const struct xop *op)
{
    const char *why = NULL;
    switch (op->kind) {
    case XOP_GET:
    case XOP_SET:
    case XOP_LEN:
    case XOP_READ:
    case XOP_WRITE:
    case XOP_LOAD:
    case XOP_STORE:
    case XOP_TAKE:
    case XOP_PUT:
    case XOP_SHARE_CHILD:
        return field_misuse(op, &op->set->blocks[op->block].fields[op->field]);
    case XOP_SEND:
        return message_misuse(op, op->message, true);
    case XOP_RECV:
        return message_misuse(op, op->message, false);
    case XOP_CALL:
        why = message_misuse(op, op->message, true);
        if (!why)
            why = message_misuse(op, op->reply, false);
        if (!why && !follows(&op->set->contracts[op->contract], op->message, op->reply))
            why = "no state of the contract lets the second message follow the first";
        return why;
    case XOP_FREEZE:
    case XOP_SHARE:
    case XOP_THAW:
        return freeze_misuse(op);
    case XOP_SLOT_SWAP:
    case XOP_FROZEN_SWAP:
    case XOP_END_SWAP:
        return slots_misuse(op);
    case XOP_SET_NEW:
    case XOP_SET_ADD:
    case XOP_SET_WAIT:
    case XOP_SET_FREE:
        return set_misuse(op);
    case XOP_ALLOC:
    case XOP_NEW:
    case XOP_FREE:
    case XOP_CHANNEL:
    case XOP_PEER:
    case XOP_CONNECT:
    case XOP_LISTEN:
    case XOP_ACCEPT:
    case XOP_LISTENER_CLOSE:
    case XOP_NEXT:
    case XOP_POLL:
    case XOP_WAIT:
    case XOP_CLOSE:
    case XOP_ABANDON:
    case XOP_IS_NULL:
        return NULL;
    case XOP_N:
        break;
    }
    BUG("operation");
}

/* ---- names ---- */

struct words {
    struct {
        const char *s;
        size_t n;
    } at[WORDS_MAX];
    uint32_t n; /* more than WORDS_MAX: not a name of ours */
};

static struct words split(const char *s, size_t n)
{
    struct words w = {0};
    const char *end = s + n;
    for (;;) {
        const char *dot = memchr(s, '.', (size_t)(end - s));
        const char *stop = dot ? dot : end;
        if (w.n < WORDS_MAX) {
            w.at[w.n].s = s;
            w.at[w.n].n = (size_t)(stop - s);
        }
        w.n++;
        if (!dot || w.n > WORDS_MAX)
            return w;
        s = dot + 1;
    }
}

/* Matches one word of a name with one of a pattern, filling its place in *op. */
static bool match_word(struct xop *op, const char *place, size_t nplace, const char *s, size_t n)
{
    const struct contract *c =
        op->contract != CONTRACT_NONE ? &op->set->contracts[op->contract] : NULL;
    if (nplace != 1) {
        op->role = in_text(place, nplace, "exp") ? ROLE_EXP : op->role;
        return nplace == n && memcmp(place, s, n) == 0;
    }
    switch (*place) {
    case 'F':
        op->field = block_find_field(&op->set->blocks[op->block], s, n);
        return op->field != CONTRACT_NONE;
    case 'X':
        for (enum xaccess a = 0; a < XACCESS_N; a++)
            if (in_text(s, n, xaccess_name(a))) {
                op->access = a;
                return true;
            }
        return false;
    case 'R':
        op->role = in_text(s, n, "imp") ? ROLE_IMP : ROLE_EXP;
        return in_text(s, n, roles[op->role]);
    case 'M':
        op->message = contract_find_message(c, s, n);
        return op->message != CONTRACT_NONE;
    case 'N':
        op->reply = contract_find_message(c, s, n);
        return op->reply != CONTRACT_NONE;
    case 'S':
        op->state = contract_find_state(c, s, n);
        return op->state != CONTRACT_NONE;
    }
    BUG("place in xops.def");
}

static bool match(struct xop *op, const char *pattern, const struct words *name)
{
    struct words p = split(pattern, strlen(pattern));
    if (p.n != name->n)
        return false;
    for (uint32_t i = 0; i < p.n; i++)
        if (!match_word(op, p.at[i].s, p.at[i].n, name->at[i].s, name->at[i].n))
            return false;
    return true;
}

void xop_name(const struct xop *op, char *out, size_t size)
{
    const struct contract *c =
        op->contract != CONTRACT_NONE ? &op->set->contracts[op->contract] : NULL;
    struct words p = split(patterns[op->kind], strlen(patterns[op->kind]));
    size_t n = 0;
    for (uint32_t i = 0; i < p.n; i++) {
        const char *word = p.at[i].s;
        int len = (int)p.at[i].n;
        if (len == 1) {
            word = *word == 'F'   ? op->set->blocks[op->block].fields[op->field].name
                   : *word == 'X' ? xaccess_name(op->access)
                   : *word == 'R' ? roles[op->role]
                   : *word == 'S' ? c->states[op->state].name
                   : *word == 'M' ? c->messages[op->message].name
                                  : c->messages[op->reply].name;
            len = (int)strlen(word);
        }
        int more = snprintf(out + n, size - n, "%s%.*s", i ? "." : "", len, word);
        check(more > 0 && (size_t)more < size - n);
        n += (size_t)more;
    }
}

/* ---- enumeration ---- */

struct listing {
    void (*each)(void *ctx, const char *module, const char *name, const struct xop *op);
    void *ctx;
    char module[XOP_NAME_MAX];
};

static const struct xop no_op = {
    .block = CONTRACT_NONE,
    .field = CONTRACT_NONE,
    .contract = CONTRACT_NONE,
    .state = CONTRACT_NONE,
    .message = CONTRACT_NONE,
    .reply = CONTRACT_NONE,
    .slots = CONTRACT_NONE,
};

/* What the words of the name leave open. */
static void complete(struct xop *op)
{
    if (op->kind == XOP_SLOT_SWAP || op->kind == XOP_FROZEN_SWAP || op->kind == XOP_END_SWAP)
        op->slots = slots_of(op);
}

static void list_one(const struct listing *l, const struct xop *listed)
{
    char name[XOP_NAME_MAX];
    struct xop op = *listed;
    if (misuse(&op))
        return;
    complete(&op);
    xop_name(&op, name, sizeof name);
    l->each(l->ctx, l->module, name, &op);
}

static void list_block(struct listing *l, const struct contract_set *set, uint32_t b)
{
    struct xop op = no_op;
    op.set = set;
    op.block = b;
    snprintf(l->module, sizeof l->module, PREFIX "%s", set->blocks[b].name);
    for (op.kind = XOP_ALLOC; !xop_has_field(op.kind); op.kind++)
        list_one(l, &op);
    for (op.field = 0; op.field < set->blocks[b].nfields; op.field++)
        for (op.kind = XOP_GET; xop_has_field(op.kind); op.kind++) {
            bool access = op.kind == XOP_LOAD || op.kind == XOP_STORE;
            for (op.access = 0; op.access < (access ? XACCESS_N : 1); op.access++)
                list_one(l, &op);
            op.access = 0;
        }
}

static bool has_place(enum xop_kind k, char place)
{
    struct words p = split(patterns[k], strlen(patterns[k]));
    for (uint32_t i = 0; i < p.n; i++)
        if (p.at[i].n == 1 && *p.at[i].s == place)
            return true;
    return false;
}

/* Every choice of messages, for as many as the pattern has places. */
static void list_messages(const struct listing *l, struct xop *op)
{
    uint32_t n = op->set->contracts[op->contract].nmessages;
    bool one = has_place(op->kind, 'M'), two = has_place(op->kind, 'N');
    for (uint32_t m = 0; m < (one ? n : 1); m++)
        for (uint32_t r = 0; r < (two ? n : 1); r++) {
            op->message = one ? m : CONTRACT_NONE;
            op->reply = two ? r : CONTRACT_NONE;
            list_one(l, op);
        }
}

/* Every state that has a name, if the pattern has a place for one. */
static void list_states(const struct listing *l, struct xop *op)
{
    const struct contract *c = &op->set->contracts[op->contract];
    op->state = CONTRACT_NONE;
    if (!has_place(op->kind, 'S')) {
        list_messages(l, op);
        return;
    }
    for (op->state = 0; op->state < c->nstates; op->state++)
        if (!c->states[op->state].anonymous)
            list_messages(l, op);
}

static void list_contract(struct listing *l, const struct contract_set *set, uint32_t c)
{
    struct xop op = no_op;
    op.set = set;
    op.contract = c;
    snprintf(l->module, sizeof l->module, PREFIX "%s", set->contracts[c].name);
    for (op.kind = XOP_CHANNEL; op.kind <= XOP_END_SWAP; op.kind++) {
        bool exp = strncmp(patterns[op.kind], "exp.", 4) == 0;
        enum role last = has_place(op.kind, 'R') || exp ? ROLE_EXP : ROLE_IMP;
        for (op.role = exp ? ROLE_EXP : ROLE_IMP; op.role <= last; op.role++)
            list_states(l, &op);
    }
}

static void list_ref(struct listing *l, const struct contract_set *set)
{
    struct xop op = no_op;
    op.set = set;
    op.kind = XOP_IS_NULL;
    snprintf(l->module, sizeof l->module, PREFIX "ref");
    list_one(l, &op);
}

void xop_enumerate(const struct contract_set *set,
                   void (*each)(void *ctx, const char *module, const char *name,
                                const struct xop *op),
                   void *ctx)
{
    struct listing l = {.each = each, .ctx = ctx};
    for (uint32_t b = 0; b < set->nblocks; b++)
        list_block(&l, set, b);
    for (uint32_t c = 0; c < set->ncontracts; c++)
        list_contract(&l, set, c);
    list_ref(&l, set);
}

/* ---- resolving ---- */

/* What a wrong name may have meant: the nearest one, or the first of which it is a part. */
struct guess {
    struct nearest near;
    char whole[NEAREST_MAX];
};

static void offer(void *ctx, const char *module, const char *name, const struct xop *op)
{
    struct guess *g = ctx;
    size_t n = strlen(name), part = g->near.n;
    (void)module;
    (void)op;
    nearest_offer(&g->near, name);
    bool begins = n > part + 1 && name[part] == '.' && memcmp(name, g->near.wrong, part) == 0;
    bool ends = n > part + 1 && name[n - part - 1] == '.' &&
                memcmp(name + n - part, g->near.wrong, part) == 0;
    if ((begins || ends) && part && !g->whole[0])
        snprintf(g->whole, sizeof g->whole, "%s", name);
}

/* A guest's name as it may be printed. */
static const char *printable(const char *s, size_t n, char *buf, size_t size)
{
    size_t i = 0;
    for (; i < n && i + 1 < size; i++)
        buf[i] = s[i] < 0x20 || s[i] == 0x7f ? '?' : s[i];
    buf[i] = 0;
    return buf;
}

static enum status unknown(struct diag *why, const char *module, size_t nmodule, const char *name,
                           size_t nname)
{
    char m[100], n[120];
    return diag_set(why, STR_UNKNOWN_IMPORT, "`%s` `%s`", printable(module, nmodule, m, sizeof m),
                    printable(name, nname, n, sizeof n));
}

static enum status unknown_module(const struct contract_set *set, const char *module,
                                  size_t nmodule, const char *name, size_t nname, struct diag *why)
{
    struct nearest near;
    size_t prefix = strlen(PREFIX);
    bool named = nmodule > prefix;
    nearest_init(&near, named ? module + prefix : "", named ? nmodule - prefix : 0);
    for (uint32_t b = 0; b < set->nblocks; b++)
        nearest_offer(&near, set->blocks[b].name);
    for (uint32_t c = 0; c < set->ncontracts; c++)
        nearest_offer(&near, set->contracts[c].name);
    enum status s = unknown(why, module, nmodule, name, nname);
    diag_want(why, "`singula/` and a block or contract that the module declares, or `singula/ref`");
    char known[160] = "none";
    size_t n = 0;
    for (uint32_t i = 0; i < set->nblocks + set->ncontracts && n < sizeof known - 70; i++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s`%s`", i ? ", " : "",
                              i < set->nblocks ? set->blocks[i].name
                                               : set->contracts[i - set->nblocks].name);
    if (near.name[0])
        diag_hint(why, "did you mean `singula/%s`?", near.name);
    else if (set->nblocks + set->ncontracts == 0)
        diag_hint(why, "the module has no `singula.contract` section: include the header that "
                       "`singula contract bindgen` makes");
    else
        diag_hint(why, "the module declares %s", known);
    return s;
}

static enum status unknown_name(const struct xop *scope, enum xop_scope kind, const char *module,
                                size_t nmodule, const char *name, size_t nname, const char *reason,
                                struct diag *why)
{
    struct guess g = {0};
    struct listing l = {.each = offer, .ctx = &g};
    nearest_init(&g.near, name, nname);
    if (kind == XOP_OF_BLOCK)
        list_block(&l, scope->set, scope->block);
    else if (kind == XOP_OF_CONTRACT)
        list_contract(&l, scope->set, scope->contract);
    else
        list_ref(&l, scope->set);
    enum status s = unknown(why, module, nmodule, name, nname);
    const char *between = reason && g.near.name[0] ? "; " : "";
    if (g.whole[0] && !reason)
        diag_hint(why, "the name must say of what, as `%s` does", g.whole);
    else if (g.near.name[0])
        diag_hint(why, "%s%sdid you mean `%s`?", reason ? reason : "", between, g.near.name);
    else
        diag_hint(why, "%s", reason ? reason : "`singula contract bindgen` lists all operations");
    return s;
}

enum status xop_resolve(const struct contract_set *set, const char *module, size_t nmodule,
                        const char *name, size_t nname, struct xop *op, struct xop_type *type,
                        struct diag *why)
{
    struct xop scope = no_op;
    size_t prefix = strlen(PREFIX);
    enum xop_scope kind = XOP_OF_REF;
    scope.set = set;
    check(xop_is_module(module, nmodule));
    if (nmodule >= prefix) {
        scope.block = contract_find_block(set, module + prefix, nmodule - prefix);
        scope.contract = contract_find_contract(set, module + prefix, nmodule - prefix);
    }
    if (scope.block != CONTRACT_NONE)
        kind = XOP_OF_BLOCK;
    else if (scope.contract != CONTRACT_NONE)
        kind = XOP_OF_CONTRACT;
    else if (!in_text(module, nmodule, PREFIX "ref"))
        return unknown_module(set, module, nmodule, name, nname, why);

    struct words w = split(name, nname);
    const char *reason = NULL;
    for (enum xop_kind k = 0; k < XOP_N && !reason; k++) {
        struct xop found = scope;
        found.kind = k;
        if (xop_scope_of(k) != kind || !match(&found, patterns[k], &w))
            continue;
        reason = misuse(&found);
        if (reason)
            break;
        complete(&found);
        *op = found;
        xop_type_of(op, type);
        return OK;
    }
    return unknown_name(&scope, kind, module, nmodule, name, nname, reason, why);
}
