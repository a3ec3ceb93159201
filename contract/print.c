/* Canonical text: one layout for every declaration, so that equal meaning is equal text. */
#include <stdlib.h>
#include <string.h>

#include "contract/parser.h"

#define INDENT "    "

/* ---- comments ---- */

static void print_comment(const char *text, size_t n, const char *indent, struct strbuf *out)
{
    while (n) {
        const char *nl = memchr(text, '\n', n);
        size_t len = nl ? (size_t)(nl - text) : n;
        strbuf_puts(out, indent);
        strbuf_puts(out, len ? "// " : "//");
        strbuf_put(out, text, len);
        strbuf_puts(out, "\n");
        if (nl && len + 1 == n) { /* a last, empty line */
            strbuf_puts(out, indent);
            strbuf_puts(out, "//\n");
        }
        len += nl != NULL;
        text += len;
        n -= len;
    }
}

/* Paragraphs set off by blank lines; `last`: none after the last one. */
static void print_lead(const char *lead, const char *indent, bool last, struct strbuf *out)
{
    while (lead && *lead) {
        size_t n = strcspn(lead, "\f");
        print_comment(lead, n, indent, out);
        lead += n + (lead[n] == '\f');
        if (*lead || !last)
            strbuf_puts(out, "\n");
    }
}

static void print_notes(const struct notes *n, const char *indent, struct strbuf *out)
{
    print_lead(n->lead, indent, false, out);
    print_comment(n->doc, strlen(n->doc), indent, out);
}

/* ---- declarations ---- */

void xref_type_print(const struct contract_set *s, const struct xref_type *t, struct strbuf *out)
{
    switch (t->kind) {
    case REF_NONE:
        strbuf_puts(out, "nothing");
        break;
    case REF_BLOCK:
        strbuf_puts(out, s->blocks[t->block].name);
        break;
    case REF_FROZEN:
        strbuf_printf(out, "frozen %s", s->blocks[t->block].name);
        break;
    case REF_IMP:
    case REF_EXP:
        strbuf_printf(out, "%s %s:%s", t->kind == REF_IMP ? "imp" : "exp",
                      s->contracts[t->contract].name,
                      s->contracts[t->contract].states[t->state].name);
        break;
    }
}

void print_block(const struct contract_set *s, const struct block_type *b, bool comments,
                 struct strbuf *out)
{
    if (comments)
        print_notes(&b->notes, "", out);
    strbuf_printf(out, "block %s {\n", b->name);
    for (uint32_t i = 0; i < b->nfields; i++) {
        const struct block_field *f = &b->fields[i];
        if (comments)
            print_notes(&f->notes, INDENT, out);
        strbuf_printf(out, INDENT "%s: ", f->name);
        if (f->ref.kind == REF_NONE)
            strbuf_puts(out, scalar_name(f->scalar));
        else
            xref_type_print(s, &f->ref, out);
        strbuf_puts(out, f->is_array ? "[];\n" : f->required ? "!;\n" : ";\n");
    }
    if (comments)
        print_lead(b->tail, INDENT, true, out);
    strbuf_puts(out, "}\n");
}

static void print_message(const struct contract_set *s, const struct message *m, struct strbuf *out)
{
    strbuf_printf(out, INDENT "%s message %s(", m->dir == DIR_IN ? "in" : "out", m->name);
    uint32_t n = m->nparams + (m->ref.kind != REF_NONE), scalar = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            strbuf_puts(out, ", ");
        if (m->ref.kind != REF_NONE && i == m->ref_at) {
            xref_type_print(s, &m->ref, out);
            strbuf_printf(out, " %s", m->ref_name);
        } else {
            const struct message_param *p = &m->params[scalar++];
            strbuf_printf(out, "%s %s", scalar_name(p->scalar), p->name);
        }
    }
    strbuf_puts(out, ");\n");
}

/* One alternative: a transition and, where it leads into a chain, those after it. */
static void print_chain(const struct contract *c, const struct transition *t, struct strbuf *out)
{
    for (;;) {
        const struct message *m = &c->messages[t->message];
        strbuf_printf(out, "%s%s -> ", m->name, m->dir == DIR_IN ? "?" : "!");
        if (t->next == STATE_END || !c->states[t->next].anonymous)
            break;
        t = c->states[t->next].transitions; /* an inner state of a chain has exactly one */
    }
    strbuf_printf(out, "%s;\n", t->next == STATE_END ? "end" : c->states[t->next].name);
}

static void print_state(const struct contract *c, const struct state *s, struct strbuf *out)
{
    strbuf_printf(out, INDENT "state %s: ", s->name);
    if (s->ntransitions + s->may_end == 1) {
        if (s->may_end)
            strbuf_puts(out, "end;\n");
        else
            print_chain(c, s->transitions, out);
        return;
    }
    strbuf_puts(out, "one {\n");
    for (uint32_t i = 0; i < s->ntransitions; i++) {
        strbuf_puts(out, INDENT INDENT);
        print_chain(c, &s->transitions[i], out);
    }
    if (s->may_end)
        strbuf_puts(out, INDENT INDENT "end;\n");
    strbuf_puts(out, INDENT "}\n");
}

void print_contract(const struct contract_set *s, const struct contract *c, bool comments,
                    struct strbuf *out)
{
    if (comments)
        print_notes(&c->notes, "", out);
    strbuf_printf(out, "contract %s", c->name);
    if (c->capacity)
        strbuf_printf(out, " capacity %u", c->capacity);
    strbuf_puts(out, " {\n");
    for (uint32_t i = 0; i < c->nmessages; i++) {
        if (comments)
            print_notes(&c->messages[i].notes, INDENT, out);
        print_message(s, &c->messages[i], out);
    }
    if (c->nmessages)
        strbuf_puts(out, "\n");
    for (uint32_t i = 0; i < c->nstates; i++) {
        if (c->states[i].anonymous)
            continue;
        if (comments)
            print_notes(&c->states[i].notes, INDENT, out);
        print_state(c, &c->states[i], out);
    }
    if (comments)
        print_lead(c->tail, INDENT, true, out);
    strbuf_puts(out, "}\n");
}

static void print_slots(const struct contract_set *s, const struct slot_decl *d, bool comments,
                        struct strbuf *out)
{
    if (comments)
        print_notes(&d->notes, "", out);
    strbuf_puts(out, "slots ");
    xref_type_print(s, &d->type, out);
    strbuf_printf(out, "[%u];\n", d->count);
}

/* ---- a whole set ---- */

/* The declarations of three kinds in the order of the text. */
static void print_set(const struct contract_set *s, bool comments, struct strbuf *out)
{
    uint32_t b = 0, c = 0, d = 0;
    const uint64_t none = UINT64_MAX;
    for (bool first = true;; first = false) {
        uint64_t at_b = none, at_c = none, at_d = none;
        if (b < s->nblocks)
            at_b = (uint64_t)s->blocks[b].line << 32 | s->blocks[b].column;
        if (c < s->ncontracts)
            at_c = (uint64_t)s->contracts[c].line << 32 | s->contracts[c].column;
        if (d < s->nslots)
            at_d = (uint64_t)s->slots[d].line << 32 | s->slots[d].column;
        if (at_b == none && at_c == none && at_d == none)
            break;
        if (!first)
            strbuf_puts(out, "\n");
        if (at_b < at_c && at_b < at_d)
            print_block(s, &s->blocks[b++], comments, out);
        else if (at_c < at_d)
            print_contract(s, &s->contracts[c++], comments, out);
        else
            print_slots(s, &s->slots[d++], comments, out);
    }
    if (comments && s->tail && s->tail[0]) {
        if (out->len)
            strbuf_puts(out, "\n");
        print_lead(s->tail, "", true, out);
    }
}

void contract_format(const struct contract_set *s, struct strbuf *out)
{
    print_set(s, true, out);
}

void contract_print_set(const struct contract_set *s, struct strbuf *out)
{
    print_set(s, false, out);
}

void contract_print_block(const struct contract_set *s, uint32_t block, struct strbuf *out)
{
    print_block(s, &s->blocks[block], false, out);
}

void contract_print_contract(const struct contract_set *s, uint32_t contract, struct strbuf *out)
{
    print_contract(s, &s->contracts[contract], false, out);
}

/* ---- closure ---- */

static uint32_t code_of(const struct contract_set *s, const struct xref_type *t)
{
    return t->kind == REF_IMP || t->kind == REF_EXP ? s->nblocks + t->contract : t->block;
}

static void mention(const struct contract_set *s, const struct xref_type *t, uint8_t *seen,
                    uint32_t *list, uint32_t *n)
{
    if (t->kind == REF_NONE || seen[code_of(s, t)])
        return;
    seen[code_of(s, t)] = 1;
    list[(*n)++] = code_of(s, t);
}

uint32_t contract_closure(const struct contract_set *s, uint32_t code, uint8_t *seen,
                          uint32_t *list)
{
    uint32_t n = 1;
    seen[code] = 1;
    list[0] = code;
    for (uint32_t i = 0; i < n; i++) {
        if (list[i] < s->nblocks) {
            const struct block_type *b = &s->blocks[list[i]];
            for (uint32_t f = 0; f < b->nfields; f++)
                mention(s, &b->fields[f].ref, seen, list, &n);
        } else {
            const struct contract *c = &s->contracts[list[i] - s->nblocks];
            for (uint32_t m = 0; m < c->nmessages; m++)
                mention(s, &c->messages[m].ref, seen, list, &n);
        }
    }
    return n;
}

static const char *name_of(const struct contract_set *s, uint32_t code)
{
    return code < s->nblocks ? s->blocks[code].name : s->contracts[code - s->nblocks].name;
}

static int by_name(const void *a, const void *b, void *set)
{
    return strcmp(name_of(set, *(const uint32_t *)a), name_of(set, *(const uint32_t *)b));
}

/* The declaration itself, then what it mentions in the order of names (which are unique). */
static void canonical(const struct contract_set *s, uint32_t code, struct strbuf *out)
{
    uint32_t total = s->nblocks + s->ncontracts;
    uint8_t *seen = calloc(total, 1);
    uint32_t *list = calloc(total, sizeof *list);
    if (!seen || !list) {
        out->failed = true;
    } else {
        uint32_t n = contract_closure(s, code, seen, list);
        qsort_r(list + 1, n - 1, sizeof *list, by_name, (void *)(uintptr_t)s);
        for (uint32_t i = 0; i < n; i++) {
            if (i)
                strbuf_puts(out, "\n");
            if (list[i] < s->nblocks)
                contract_print_block(s, list[i], out);
            else
                contract_print_contract(s, list[i] - s->nblocks, out);
        }
    }
    free(seen);
    free(list);
}

void contract_canonical_block(const struct contract_set *s, uint32_t block, struct strbuf *out)
{
    canonical(s, block, out);
}

void contract_canonical_contract(const struct contract_set *s, uint32_t contract,
                                 struct strbuf *out)
{
    canonical(s, s->nblocks + contract, out);
}
