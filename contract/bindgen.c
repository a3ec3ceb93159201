#include "contract/bindgen.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "contract/cnames.h"
#include "contract/xops.h"

/* The C names of a block or contract. */
struct decl_names {
    const char *block, *frozen;             /* typedefs; frozen: NULL if it cannot be */
    const char *imp, *exp, *listener, *set; /* typedefs */
    const char **structs;                   /* by message: tag of its struct */
};

struct header {
    const struct contract_set *set;
    struct strbuf *out;
    struct cnames names;
    struct decl_names *decls; /* blocks, then contracts */
    struct xop last;          /* the import before */
    bool begun;               /* there is one */
};

static const char *c_name(struct header *h, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static const char *c_name(struct header *h, const char *fmt, ...)
{
    char wanted[CNAMES_MAX];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(wanted, sizeof wanted, fmt, ap);
    va_end(ap);
    const char *name = cnames_add(&h->names, wanted);
    h->out->failed |= !name;
    return name ? name : "?";
}

/* ---- comments ---- */

/* Text inside a C comment: what would open or end one is broken up. */
static void comment_text(struct strbuf *out, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        strbuf_put(out, s + i, 1);
        if (i + 1 < n && ((s[i] == '*' && s[i + 1] == '/') || (s[i] == '/' && s[i + 1] == '*')))
            strbuf_puts(out, " ");
    }
}

/* A comment of the declaration, if there is one, and a line of ours. */
static void comment(struct strbuf *out, const char *indent, const char *doc, const char *line)
{
    strbuf_printf(out, "%s/* ", indent);
    while (*doc) {
        size_t n = strcspn(doc, "\n");
        comment_text(out, doc, n);
        doc += n + (doc[n] == '\n');
        if (*doc || *line)
            strbuf_printf(out, "\n%s * ", indent);
    }
    comment_text(out, line, strlen(line));
    strbuf_puts(out, " */\n");
}

static const char *const meanings[XOP_N] = {
    [XOP_ALLOC] = "A fresh block, all zero; null when quota or exchange heap are exhausted.",
    [XOP_NEW] = "The same, but traps instead of giving null.",
    [XOP_FREE] = "Ends the block and its children; null is fine.",
    [XOP_READ] = "Copies elements [i, i + n) to memory.",
    [XOP_WRITE] = "Copies elements [i, i + n) from memory.",
    [XOP_LOAD] = "A value from bytes of the array: little-endian, any alignment.",
    [XOP_STORE] = "A value to bytes of the array: little-endian, any alignment.",
    [XOP_FREEZE] = "Makes the block and its children read-only for good; then it can be shared.",
    [XOP_SHARE] =
        "One more owner of the same frozen block; traps when quota or heap are exhausted.",
    [XOP_THAW] = "Gives a frozen block back as a writable one: itself if this was its only owner, "
                 "else a copy;\n * null when there is no room for that.",
    [XOP_SLOT_SWAP] = "Stores a block (or null) in a slot, gives out what was there (or null).",
    [XOP_FROZEN_SWAP] = "The same for frozen blocks.",
    [XOP_TAKE] = "Moves the child out, leaving null.",
    [XOP_PUT] = "Moves a child in, ending the one before it.",
    [XOP_SHARE_CHILD] = "A share of the child of a frozen block.",
    [XOP_CHANNEL] = "A new channel: its exp end; null when the heap is exhausted.",
    [XOP_PEER] = "The other end of a new channel, once; null after that.",
    [XOP_CONNECT] =
        "A channel to who publishes that name; null if nobody does or it speaks another contract.",
    [XOP_LISTEN] = "Publishes a name; null if that is not allowed or the name is taken.",
    [XOP_ACCEPT] = "Waits for the next client; null when there can be none any more.",
    [XOP_LISTENER_CLOSE] = "Takes the name back.",
    [XOP_SEND] = "Sends; the reference belongs to the receiver from here on.",
    [XOP_NEXT] = "Waits for a message: its tag, or SINGULA_CLOSED.",
    [XOP_POLL] =
        "The tag of the next message, SINGULA_NONE if there is none yet, or SINGULA_CLOSED.",
    [XOP_WAIT] = "Waits at most so many nanoseconds (or SINGULA_FOREVER): a tag, SINGULA_NONE or "
                 "SINGULA_CLOSED.",
    [XOP_RECV] =
        "Takes the next message, which must be this one: waits for it, traps if it is another.",
    [XOP_CALL] = "Sends the first message and receives the second.",
    [XOP_CLOSE] = "Closes where the contract allows it, or after SINGULA_CLOSED.",
    [XOP_ABANDON] = "Closes anywhere; the peer sees SINGULA_CLOSED.",
    [XOP_SET_NEW] = "A set of ends in this state, to wait for all of them; null when exhausted.",
    [XOP_SET_ADD] = "Moves an end into the set, under a key.",
    [XOP_SET_WAIT] = "Waits so many nanoseconds (or SINGULA_FOREVER) for the first end with a "
                     "message or a closed peer, "
                     "moves it out and\n * stores its key; null if there is none by then, or the "
                     "set is empty.",
    [XOP_SET_FREE] = "Ends the set and abandons the ends in it.",
    [XOP_END_SWAP] = "Stores an end (or null) in a slot, gives out what was there (or null).",
};

/* ---- prototypes ---- */

static const char *const c_types[SC_N] = {
    [SC_I8] = "int8_t",   [SC_U8] = "uint8_t",   [SC_I16] = "int16_t", [SC_U16] = "uint16_t",
    [SC_I32] = "int32_t", [SC_U32] = "uint32_t", [SC_I64] = "int64_t", [SC_U64] = "uint64_t",
    [SC_F32] = "float",   [SC_F64] = "double",
};

static const char *const access_types[] = {
    [XA_I32] = "int32_t",       [XA_I64] = "int64_t",      [XA_F32] = "float",
    [XA_F64] = "double",        [XA_I32_8_U] = "uint32_t", [XA_I32_8_S] = "int32_t",
    [XA_I32_16_U] = "uint32_t", [XA_I32_16_S] = "int32_t", [XA_I32_8] = "uint32_t",
    [XA_I32_16] = "uint32_t",
};

static const char *ref_type(const struct header *h, const struct xref_type *t)
{
    switch (t->kind) {
    case REF_NONE:
        break;
    case REF_BLOCK:
        return h->decls[t->block].block;
    case REF_FROZEN:
        return h->decls[t->block].frozen;
    case REF_IMP:
        return h->decls[h->set->nblocks + t->contract].imp;
    case REF_EXP:
        return h->decls[h->set->nblocks + t->contract].exp;
    }
    BUG("type of a reference");
}

/* One prototype being written. */
struct proto {
    const struct header *h;
    struct clocals locals;
    struct strbuf params;
    uint32_t n;
    const char *result;
};

static void param(struct proto *p, const char *type, const char *wanted)
{
    const char *name = cnames_local(&p->h->names, &p->locals, wanted);
    bool pointer = type[strlen(type) - 1] == '*';
    strbuf_printf(&p->params, "%s%s%s%s", p->n++ ? ", " : "", type, pointer ? "" : " ", name);
}

static void send_params(struct proto *p, const struct message *m)
{
    for (uint32_t i = 0; i < m->nparams; i++)
        param(p, c_types[m->params[i].scalar], m->params[i].name);
    if (m->ref.kind != REF_NONE)
        param(p, ref_type(p->h, &m->ref), m->ref_name);
}

static void recv_params(struct proto *p, const struct xop *op, uint32_t message)
{
    const struct message *m = &p->h->set->contracts[op->contract].messages[message];
    char type[CNAMES_MAX + 32];
    snprintf(type, sizeof type, "struct %s *",
             p->h->decls[p->h->set->nblocks + op->contract].structs[message]);
    if (m->scalars_size)
        param(p, type, "out");
    if (m->ref.kind != REF_NONE)
        p->result = ref_type(p->h, &m->ref);
}

/* Operations on a field: what follows the block among the parameters, and the result. */
static void field_proto(struct proto *p, const struct xop *op, const struct block_field *f)
{
    if (f->is_array && op->kind != XOP_LEN)
        param(p, "uint32_t", op->kind == XOP_LOAD || op->kind == XOP_STORE ? "byte" : "i");
    if (op->kind == XOP_GET)
        p->result = c_types[f->scalar];
    else if (op->kind == XOP_SET)
        param(p, c_types[f->scalar], "value");
    else if (op->kind == XOP_LEN)
        p->result = "uint32_t";
    else if (op->kind == XOP_LOAD)
        p->result = access_types[op->access];
    else if (op->kind == XOP_STORE)
        param(p, access_types[op->access], "value");
    else if (op->kind == XOP_TAKE)
        p->result = ref_type(p->h, &f->ref);
    else if (op->kind == XOP_PUT)
        param(p, ref_type(p->h, &f->ref), "child");
    else if (op->kind == XOP_SHARE_CHILD)
        p->result = p->h->decls[f->ref.block].frozen;
    if (op->kind == XOP_READ || op->kind == XOP_WRITE) {
        param(p, op->kind == XOP_READ ? "void *" : "const void *",
              op->kind == XOP_READ ? "to" : "from");
        param(p, "uint32_t", "n");
    }
}

static void block_proto(struct proto *p, const struct xop *op)
{
    const struct block_type *b = &p->h->set->blocks[op->block];
    const struct decl_names *names = &p->h->decls[op->block];
    if (op->kind == XOP_ALLOC || op->kind == XOP_NEW) {
        p->result = names->block;
        if (b->array != CONTRACT_NONE)
            param(p, "uint32_t", "n");
        return;
    }
    if (op->kind == XOP_SLOT_SWAP || op->kind == XOP_FROZEN_SWAP) {
        p->result = op->kind == XOP_SLOT_SWAP ? names->block : names->frozen;
        param(p, "uint32_t", "slot");
        param(p, p->result, "block");
        return;
    }
    bool frozen = op->kind == XOP_SHARE || op->kind == XOP_THAW || op->kind == XOP_SHARE_CHILD;
    param(p, frozen ? names->frozen : names->block, "block");
    if (op->kind == XOP_FREEZE || op->kind == XOP_SHARE)
        p->result = names->frozen;
    else if (op->kind == XOP_THAW)
        p->result = names->block;
    else if (op->field != CONTRACT_NONE)
        field_proto(p, op, &b->fields[op->field]);
}

/* Operations of sets, and of slots of ends. */
static void held_proto(struct proto *p, const struct xop *op, const struct decl_names *names)
{
    const char *end = op->role == ROLE_IMP ? names->imp : names->exp;
    if (op->kind == XOP_SET_NEW) {
        p->result = names->set;
        return;
    }
    if (op->kind == XOP_END_SWAP)
        param(p, "uint32_t", "slot");
    else
        param(p, names->set, "set");
    if (op->kind == XOP_SET_ADD || op->kind == XOP_END_SWAP)
        param(p, end, "ep");
    if (op->kind == XOP_SET_ADD)
        param(p, "int64_t", "key");
    if (op->kind == XOP_SET_WAIT) {
        param(p, "int64_t", "ns");
        param(p, "int64_t *", "key");
    }
    if (op->kind != XOP_SET_ADD && op->kind != XOP_SET_FREE)
        p->result = end;
}

static void contract_proto(struct proto *p, const struct xop *op)
{
    const struct contract *c = &p->h->set->contracts[op->contract];
    const struct decl_names *names = &p->h->decls[p->h->set->nblocks + op->contract];
    if (op->kind >= XOP_SET_NEW) {
        held_proto(p, op, names);
        return;
    }
    if (op->kind == XOP_CHANNEL) {
        p->result = names->exp;
        return;
    }
    if (op->kind == XOP_CONNECT || op->kind == XOP_LISTEN) {
        p->result = op->kind == XOP_CONNECT ? names->imp : names->listener;
        param(p, "const char *", "name");
        param(p, "uint32_t", "len");
        return;
    }
    if (op->kind == XOP_ACCEPT || op->kind == XOP_LISTENER_CLOSE) {
        p->result = op->kind == XOP_ACCEPT ? names->exp : "void";
        param(p, names->listener, "listener");
        return;
    }
    if (op->kind == XOP_PEER)
        p->result = names->imp;
    param(p, op->kind != XOP_PEER && op->role == ROLE_IMP ? names->imp : names->exp, "ep");
    if (op->kind == XOP_NEXT || op->kind == XOP_POLL || op->kind == XOP_WAIT)
        p->result = "int32_t";
    if (op->kind == XOP_WAIT)
        param(p, "int64_t", "ns");
    if (op->kind == XOP_SEND || op->kind == XOP_CALL)
        send_params(p, &c->messages[op->message]);
    if (op->kind == XOP_RECV)
        recv_params(p, op, op->message);
    if (op->kind == XOP_CALL)
        recv_params(p, op, op->reply);
}

static void function(struct header *h, const char *module, const char *name, const struct xop *op)
{
    struct proto p = {.h = h, .result = "void"};
    struct xop_type type;
    char dotless[CNAMES_MAX];
    snprintf(dotless, sizeof dotless, "%s", name);
    for (char *c = dotless; *c; c++)
        if (*c == '.')
            *c = '_';
    const char *c = c_name(h, "%s_%s", strchr(module, '/') + 1, dotless);
    if (op->block != CONTRACT_NONE)
        block_proto(&p, op);
    else
        contract_proto(&p, op);
    xop_type_of(op, &type);
    check(p.n == type.nparams && (type.result != 0) == (strcmp(p.result, "void") != 0));
    strbuf_printf(h->out, "SINGULA_IMPORT(\"%s\", \"%s\")\n%s %s(%s);\n", module, name, p.result, c,
                  p.n ? strbuf_text(&p.params) : "void");
    h->out->failed |= p.params.failed;
    strbuf_clear(&p.params);
}

/* ---- declarations ---- */

static void upper(const char *s, char *out, size_t size)
{
    size_t i = 0;
    for (; s[i] && i + 1 < size; i++)
        out[i] = isalnum((unsigned char)s[i]) ? (char)toupper((unsigned char)s[i]) : '_';
    out[i] = 0;
}

/* The enum of tags, and a struct for the scalars of each message. */
static void messages(struct header *h, const struct contract *c, struct decl_names *names)
{
    char big[CONTRACT_NAME_MAX + 1];
    upper(c->name, big, sizeof big);
    if (c->nmessages) {
        strbuf_printf(h->out, "enum %s {\n", c_name(h, "%s_tag", c->name));
        for (uint32_t m = 0; m < c->nmessages; m++)
            strbuf_printf(h->out, "    %s = %u,\n",
                          c_name(h, "%s_TAG_%s", big, c->messages[m].name), m);
        strbuf_puts(h->out, "};\n");
    }
    for (uint32_t i = 0; i < c->nmessages; i++) {
        const struct message *m = &c->messages[i];
        struct clocals members = {.n = 0};
        char line[100];
        snprintf(line, sizeof line, "%s: %s message", m->name, m->dir == DIR_IN ? "in" : "out");
        strbuf_puts(h->out, "\n");
        comment(h->out, "", m->notes.doc, line);
        if (!m->scalars_size)
            continue;
        names->structs[i] = c_name(h, "%s_%s", c->name, m->name);
        strbuf_printf(h->out, "struct %s {\n", names->structs[i]);
        for (uint32_t k = 0; k < m->nparams; k++)
            strbuf_printf(h->out, "    %s %s;\n", c_types[m->params[k].scalar],
                          cnames_local(&h->names, &members, m->params[k].name));
        strbuf_printf(h->out,
                      "};\nSINGULA_STATIC_ASSERT(sizeof(struct %s) == %u, \"layout of %s.%s\");\n",
                      names->structs[i], m->scalars_size, c->name, m->name);
    }
}

/* Where the imports of another block or contract begin: ends the one before, says what it is. */
static void begin_decl(struct header *h, const struct xop *op)
{
    bool block = op->block != CONTRACT_NONE;
    const struct block_type *b = block ? &h->set->blocks[op->block] : NULL;
    const struct contract *c = block ? NULL : &h->set->contracts[op->contract];
    const char *name = block ? b->name : c->name;
    char line[120];
    snprintf(line, sizeof line, "%s %s", block ? "block" : "contract", name);
    strbuf_puts(h->out, "\n");
    comment(h->out, "", block ? b->notes.doc : c->notes.doc, line);
    strbuf_printf(h->out, "#ifndef SINGULA_HAVE_%s\n#define SINGULA_HAVE_%s\n", name, name);
    if (!block)
        messages(h, c, &h->decls[h->set->nblocks + op->contract]);
}

static void end_decl(struct header *h)
{
    if (h->begun)
        strbuf_puts(h->out, "#endif\n");
}

static void each_import(void *ctx, const char *module, const char *name, const struct xop *op)
{
    struct header *h = ctx;
    const struct xop *last = &h->last;
    if (op->kind == XOP_IS_NULL)
        return; /* an instruction: singula_is_null() */
    bool other = !h->begun || last->block != op->block || last->contract != op->contract;
    if (other) {
        end_decl(h);
        begin_decl(h, op);
    }
    if (op->block != CONTRACT_NONE && op->field != CONTRACT_NONE &&
        (other || last->field != op->field)) {
        const struct block_field *f = &h->set->blocks[op->block].fields[op->field];
        struct strbuf line = {0};
        strbuf_printf(&line, "%s: ", f->name);
        if (f->ref.kind == REF_NONE)
            strbuf_printf(&line, "%s%s", scalar_name(f->scalar), f->is_array ? "[]" : "");
        else
            xref_type_print(h->set, &f->ref, &line);
        strbuf_puts(&line, f->required ? "!" : "");
        strbuf_puts(h->out, "\n");
        comment(h->out, "", f->notes.doc, strbuf_text(&line));
        h->out->failed |= line.failed;
        strbuf_clear(&line);
    }
    if (meanings[op->kind] && (other || last->kind != op->kind)) {
        strbuf_puts(h->out, op->field == CONTRACT_NONE ? "\n" : "");
        comment(h->out, "", "", meanings[op->kind]);
    }
    function(h, module, name, op);
    h->last = *op;
    h->begun = true;
}

/* ---- the file ---- */

static const char preamble[] =
    " *\n"
    " * Made by `singula contract bindgen`; change the contract, not this file.\n"
    " *\n"
    " * Each function is an import of module `singula/<X>`, X a block or contract; its C name is X "
    "and\n"
    " * the name of the operation, with `_` for each dot: `seq.get` of block Frame is "
    "Frame_seq_get().\n"
    " * There are the types X of a block and X_frozen of a frozen one, X_imp, X_exp, X_listener "
    "and X_set of\n"
    " * the two ends of a contract, of a published name and of a set of ends; the tag "
    "X_TAG_<Message> (X in\n"
    " * capitals) and, for its scalars, a struct X_<Message> for each message. A name that is a "
    "word of C or\n"
    " * is there already gets `_2`, `_3` ...\n"
    " *\n"
    " * Ownership: a block, end, listener or set has one owner. A call consumes what it frees, "
    "freezes,\n"
    " * thaws, puts, stores in a slot, adds to a set, sends, closes or abandons, borrows all else, "
    "and what\n"
    " * it returns belongs to the caller. Results of alloc, thaw, take, share of a child, swap, "
    "channel,\n"
    " * peer, connect, listen, accept, and of set new and wait may be null: test with "
    "singula_is_null().\n"
    " * A frozen block is read with get, len, read and load, and ended with free.\n"
    " * References cannot be members, array elements or globals; initialise each (singula_null() "
    "if\n"
    " * nothing else); compile with `singula cc`.\n"
    " *\n"
    " * The text of the contract is embedded in the module: that is what it is verified against.\n"
    " */\n";

/* The same as guest/singula_guest.h, so that a generated header stands alone; both may be included.
 */
static const char common[] =
    "#include <stdint.h>\n"
    "\n"
    "#ifndef __wasm__\n"
    "#error \"guests are compiled for WebAssembly: use `singula cc`, or clang-19 "
    "--target=wasm32-wasi\"\n"
    "#endif\n"
    "\n"
    "#ifndef SINGULA_GUEST_H\n"
    "#define SINGULA_GUEST_H\n"
    "typedef __externref_t singula_ref;\n"
    "#ifdef __cplusplus\n"
    "extern \"C\"\n"
    "#endif\n"
    "/* 1 if the reference is null. */\n"
    "int singula_is_null(singula_ref ref) __asm__(\"llvm.wasm.ref.is_null.extern\");\n"
    "static inline singula_ref singula_null(void) { return __builtin_wasm_ref_null_extern(); }\n"
    "#define SINGULA_CLOSED (-1) /* the peer closed its end */\n"
    "#define SINGULA_NONE (-2)   /* no message yet (poll), or none within the time (wait) */\n"
    "#define SINGULA_FOREVER 0x7fffffffffffffffLL /* the time of wait that never ends */\n"
    "#endif\n"
    "\n"
    "#ifndef SINGULA_IMPORT\n"
    "#define SINGULA_IMPORT(module, name) __attribute__((import_module(module), "
    "import_name(name)))\n"
    "#ifdef __cplusplus\n"
    "#define SINGULA_STATIC_ASSERT static_assert\n"
    "#else\n"
    "#define SINGULA_STATIC_ASSERT _Static_assert\n"
    "#endif\n"
    "#endif\n"
    "\n"
    "#ifdef __cplusplus\n"
    "extern \"C\" {\n"
    "#endif\n";

/* The canonical text as file-scope assembly: once per object, since headers are included once; the
 * linker appends the texts of all objects. The text needs no escapes but for its ends of lines. */
static void embed(struct header *h)
{
    struct strbuf text = {0};
    contract_print_set(h->set, &text);
    strbuf_puts(h->out, "\n__asm__(\".section .custom_section.singula.contract,\\\"\\\",@\\n\"\n");
    for (const char *s = strbuf_text(&text); *s;) {
        size_t n = strcspn(s, "\n");
        strbuf_puts(h->out, "        \".ascii \\\"");
        strbuf_put(h->out, s, n);
        strbuf_puts(h->out, "\\\\n\\\"\\n\"\n");
        s += n + (s[n] == '\n');
    }
    strbuf_puts(h->out, "        \".text\\n\");\n");
    h->out->failed |= text.failed;
    strbuf_clear(&text);
}

/* Types come first in every header, whatever else is in it, so their names are given first. */
static bool name_types(struct header *h)
{
    const struct contract_set *s = h->set;
    h->decls = ARENA_ARRAY(&h->names.arena, s->nblocks + s->ncontracts, struct decl_names);
    if (!h->decls)
        return false;
    for (uint32_t b = 0; b < s->nblocks; b++)
        h->decls[b].block = c_name(h, "%s", s->blocks[b].name);
    for (uint32_t b = 0; b < s->nblocks; b++)
        if (!s->blocks[b].holds_endpoints)
            h->decls[b].frozen = c_name(h, "%s_frozen", s->blocks[b].name);
    for (uint32_t c = 0; c < s->ncontracts; c++) {
        struct decl_names *d = &h->decls[s->nblocks + c];
        d->imp = c_name(h, "%s_imp", s->contracts[c].name);
        d->exp = c_name(h, "%s_exp", s->contracts[c].name);
        d->listener = c_name(h, "%s_listener", s->contracts[c].name);
        d->set = c_name(h, "%s_set", s->contracts[c].name);
        d->structs = ARENA_ARRAY(&h->names.arena, s->contracts[c].nmessages, const char *);
        if (!d->structs)
            return false;
    }
    return true;
}

/* All at once: prototypes of one declaration mention the types of others. Repeating them is no
 * error. */
static void typedefs(struct header *h)
{
    uint32_t nblocks = h->set->nblocks, total = nblocks + h->set->ncontracts;
    strbuf_puts(h->out, total ? "\n" : "");
    for (uint32_t i = 0; i < total; i++) {
        const struct decl_names *d = &h->decls[i];
        if (i >= nblocks)
            strbuf_printf(h->out, "typedef singula_ref %s, %s, %s, %s;\n", d->imp, d->exp,
                          d->listener, d->set);
        else if (d->frozen)
            strbuf_printf(h->out, "typedef singula_ref %s, %s;\n", d->block, d->frozen);
        else
            strbuf_printf(h->out, "typedef singula_ref %s;\n", d->block);
    }
}

void bindgen_header(const struct contract_set *s, const char *name, struct strbuf *out)
{
    struct header h = {.set = s, .out = out};
    char guard[200];
    upper(name, guard, sizeof guard);
    if (!name_types(&h)) {
        out->failed = true;
    } else {
        strbuf_puts(out, "/* ");
        comment_text(out, name, strlen(name));
        strbuf_puts(out, ": blocks and contracts for guests of Singula.\n");
        strbuf_puts(out, preamble);
        strbuf_printf(out, "#ifndef SINGULA_CONTRACT_%s\n#define SINGULA_CONTRACT_%s\n\n", guard,
                      guard);
        strbuf_puts(out, common);
        typedefs(&h);
        xop_enumerate(s, each_import, &h);
        end_decl(&h);
        strbuf_puts(out, "\n#ifdef __cplusplus\n}\n#endif\n");
        embed(&h);
        strbuf_puts(out, "\n#endif\n");
    }
    cnames_clear(&h.names);
}
