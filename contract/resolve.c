/* Names to declarations; repetitions compared; slots merged. */
#include "contract/parser.h"

#include <string.h>

#include "contract/limits.h"
#include "contract/nearest.h"

static struct xref_type *ref_of(struct parser *p, const struct ref_use *u)
{
    switch (u->place) {
    case IN_BLOCK:
        return &p->blocks[u->repeated].at[u->decl].fields[u->item].ref;
    case IN_CONTRACT:
        return &p->contracts[u->repeated].at[u->decl].messages[u->item].ref;
    case IN_SLOTS:
        return &p->slots.at[u->decl].type;
    }
    BUG("place of a reference");
}

static void unknown_decl(struct parser *p, const struct ref_use *u, bool contract)
{
    struct nearest near;
    size_t n = strlen(u->name);
    nearest_init(&near, u->name, n);
    const struct contract_set *s = &p->set;
    bool other = (contract ? contract_find_block(s, u->name, n)
                           : contract_find_contract(s, u->name, n)) != CONTRACT_NONE;
    for (uint32_t i = 0; contract && i < s->ncontracts; i++)
        nearest_offer(&near, s->contracts[i].name);
    for (uint32_t i = 0; !contract && i < s->nblocks; i++)
        nearest_offer(&near, s->blocks[i].name);
    for (enum scalar i = 0; !contract && u->place != IN_SLOTS && i < SC_N; i++)
        nearest_offer(&near, scalar_name(i));
    struct diag *d = lexer_fail(&p->lex, CON_UNKNOWN_NAME, u->line, u->column, "`%s`", u->name);
    diag_want(d, contract ? "a contract declared here" : "a block declared here");
    if (other)
        diag_found(d, contract ? "a block of that name" : "a contract of that name");
    else
        diag_found(d, "no declaration of that name");
    if (other && !contract)
        diag_hint(d, "an endpoint is written `imp %s:State` or `exp %s:State`", u->name, u->name);
    else if (near.name[0])
        diag_hint(d, "did you mean `%s`?", near.name);
}

static void resolve_state(struct parser *p, const struct ref_use *u, struct xref_type *t)
{
    const struct contract *c = &p->set.contracts[t->contract];
    struct nearest near;
    nearest_init(&near, u->state, strlen(u->state));
    for (uint32_t i = 0; i < c->nstates; i++) {
        if (c->states[i].anonymous)
            continue;
        if (strcmp(c->states[i].name, u->state) == 0) {
            t->state = i;
            return;
        }
        nearest_offer(&near, c->states[i].name);
    }
    struct diag *d = lexer_fail(&p->lex, CON_UNKNOWN_NAME, u->state_line, u->state_column,
                                "state `%s` of contract `%s`", u->state, c->name);
    diag_want(d, "a state that the contract declares");
    diag_found(d, "no state of that name");
    if (near.name[0])
        diag_hint(d, "did you mean `%s`?", near.name);
}

static void resolve(struct parser *p, const struct ref_use *u)
{
    struct xref_type *t = ref_of(p, u);
    bool contract = t->kind == REF_IMP || t->kind == REF_EXP;
    size_t n = strlen(u->name);
    uint32_t i = contract ? contract_find_contract(&p->set, u->name, n)
                          : contract_find_block(&p->set, u->name, n);
    if (i == CONTRACT_NONE) {
        unknown_decl(p, u, contract);
    } else if (contract) {
        t->contract = i;
        resolve_state(p, u, t);
    } else {
        t->block = i;
    }
}

/* ---- repetitions ---- */

/* The first line in which two canonical texts differ, without indentation. */
static void first_difference(const char *a, const char *b, char *line_a, char *line_b, size_t size)
{
    const char *start_a = a, *start_b = b;
    for (; *a && *a == *b; a++, b++)
        if (*a == '\n') {
            start_a = a + 1;
            start_b = b + 1;
        }
    start_a += strspn(start_a, " ");
    start_b += strspn(start_b, " ");
    size_t na = strcspn(start_a, "\n"), nb = strcspn(start_b, "\n");
    na = na < size ? na : size - 1;
    nb = nb < size ? nb : size - 1;
    memcpy(line_a, start_a, na);
    memcpy(line_b, start_b, nb);
    line_a[na] = line_b[nb] = 0;
}

/* Refuses a repetition (text b, at line:column) whose canonical text is not that of the first (text
 * a). */
static void compare(struct parser *p, const char *name, const struct strbuf *a,
                    const struct strbuf *b, uint32_t first_line, uint32_t line, uint32_t column)
{
    char want[120], found[120];
    if (a->failed || b->failed) {
        lexer_fail(&p->lex, E_NOMEM, 0, 0, "contract");
        return;
    }
    if (strcmp(strbuf_text(a), strbuf_text(b)) == 0)
        return;
    first_difference(strbuf_text(a), strbuf_text(b), want, found, sizeof want);
    struct diag *d = lexer_fail(&p->lex, CON_DUPLICATE, line, column, "`%s`", name);
    diag_want(d, "`%s` as in line %u", want, first_line);
    diag_found(d, "`%s`", found);
    diag_hint(d, "build all objects of a program from the same contract file");
}

static void compare_repetitions(struct parser *p)
{
    const struct contract_set *s = &p->set;
    struct strbuf a = {0}, b = {0};
    for (uint32_t i = 0; i < p->blocks[1].n && parser_ok(p); i++) {
        const struct block_type *again = &p->blocks[1].at[i];
        const struct block_type *first =
            &s->blocks[contract_find_block(s, again->name, strlen(again->name))];
        a.len = b.len = 0;
        print_block(s, first, false, &a);
        print_block(s, again, false, &b);
        compare(p, again->name, &a, &b, first->line, again->line, again->column);
    }
    for (uint32_t i = 0; i < p->contracts[1].n && parser_ok(p); i++) {
        const struct contract *again = &p->contracts[1].at[i];
        const struct contract *first =
            &s->contracts[contract_find_contract(s, again->name, strlen(again->name))];
        a.len = b.len = 0;
        print_contract(s, first, false, &a);
        print_contract(s, again, false, &b);
        compare(p, again->name, &a, &b, first->line, again->line, again->column);
    }
    strbuf_clear(&a);
    strbuf_clear(&b);
}

static bool same_ref(const struct xref_type *a, const struct xref_type *b)
{
    return a->kind == b->kind && a->block == b->block && a->contract == b->contract &&
           a->state == b->state;
}

/* Slots of one type are declared once, or again with the same number. */
static void merge_slots(struct parser *p)
{
    struct contract_set *s = &p->set;
    s->slots = PARSER_ARRAY(p, p->a, p->slots.n, struct slot_decl);
    for (uint32_t i = 0; i < p->slots.n && parser_ok(p); i++) {
        const struct slot_decl *d = &p->slots.at[i];
        uint32_t k = 0;
        while (k < s->nslots && !same_ref(&s->slots[k].type, &d->type))
            k++;
        if (k == s->nslots) {
            s->slots[s->nslots++] = *d;
        } else if (s->slots[k].count != d->count) {
            struct diag *e = lexer_fail(&p->lex, CON_DUPLICATE, d->line, d->column, "slots");
            diag_want(e, "%u slots as in line %u", s->slots[k].count, s->slots[k].line);
            diag_found(e, "%u", d->count);
            diag_hint(e, "a module has one collection of slots for each type");
        }
    }
}

void resolve_names(struct parser *p)
{
    struct contract_set *s = &p->set;
    s->nblocks = p->blocks[0].n;
    s->ncontracts = p->contracts[0].n;
    s->blocks = PARSER_ARRAY(p, p->a, s->nblocks, struct block_type);
    s->contracts = PARSER_ARRAY(p, p->a, s->ncontracts, struct contract);
    if (!parser_ok(p))
        return;
    if (s->nblocks)
        memcpy(s->blocks, p->blocks[0].at, s->nblocks * sizeof *s->blocks);
    if (s->ncontracts)
        memcpy(s->contracts, p->contracts[0].at, s->ncontracts * sizeof *s->contracts);
    s->index = p->index;
    for (uint32_t i = 0; i < p->refs.n && parser_ok(p); i++)
        resolve(p, &p->refs.at[i]);
    if (parser_ok(p))
        compare_repetitions(p);
    if (parser_ok(p))
        merge_slots(p);
}
