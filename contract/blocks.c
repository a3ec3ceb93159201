/* Checks of block types: every type can be made, and none is frozen that holds endpoints. Also the
 * size of canonical texts, which bounds what a declaration costs at run time. */
#include "contract/parser.h"

#include <string.h>

#include "contract/graph.h"
#include "contract/limits.h"

static void no_memory(struct parser *p)
{
    lexer_fail(&p->lex, E_NOMEM, 0, 0, "contract");
}

static uint32_t count_children(const struct contract_set *s)
{
    uint32_t n = 0;
    for (uint32_t b = 0; b < s->nblocks; b++)
        n += s->blocks[b].nchildren;
    return n;
}

static bool to_block(const struct block_field *f)
{
    return f->ref.kind == REF_BLOCK || f->ref.kind == REF_FROZEN;
}

/* A block on a cycle of `!` fields needs itself before it can be sent, put or stored: it is never
 * complete. */
static void check_constructible(struct parser *p)
{
    const struct contract_set *s = &p->set;
    struct graph g;
    uint32_t *component = PARSER_ARRAY(p, &p->scratch, s->nblocks, uint32_t);
    if (!component || !graph_init(&g, &p->scratch, s->nblocks, count_children(s))) {
        no_memory(p);
        return;
    }
    for (uint32_t b = 0; b < s->nblocks; b++)
        for (uint32_t f = 0; f < s->blocks[b].nfields; f++)
            if (s->blocks[b].fields[f].required && to_block(&s->blocks[b].fields[f]))
                graph_edge(&g, b, s->blocks[b].fields[f].ref.block);
    if (!graph_components(&g, &p->scratch, component)) {
        no_memory(p);
        return;
    }
    for (uint32_t b = 0; b < s->nblocks; b++)
        for (uint32_t i = 0; i < s->blocks[b].nfields; i++) {
            const struct block_field *f = &s->blocks[b].fields[i];
            if (!f->required || !to_block(f) || component[b] != component[f->ref.block])
                continue;
            struct diag *d = lexer_fail(&p->lex, CON_BLOCK, f->line, f->column,
                                        "block `%s` can never be complete", s->blocks[b].name);
            diag_want(d, "a way to fill every `!` field");
            diag_found(d, "field `%s` needs a complete `%s` first%s", f->name,
                       s->blocks[f->ref.block].name,
                       f->ref.block == b ? "" : ", which in turn needs this block");
            diag_hint(d, "leave out the `!` where a list or tree may end");
            return;
        }
}

/* block.holds_endpoints: of itself or, along its children, of another block. */
static void find_endpoints(struct parser *p)
{
    struct contract_set *s = &p->set;
    struct graph g;
    bool *holds = PARSER_ARRAY(p, &p->scratch, s->nblocks, bool);
    if (!holds || !graph_init(&g, &p->scratch, s->nblocks, count_children(s))) {
        no_memory(p);
        return;
    }
    for (uint32_t b = 0; b < s->nblocks; b++)
        for (uint32_t i = 0; i < s->blocks[b].nfields; i++) {
            const struct block_field *f = &s->blocks[b].fields[i];
            if (to_block(f))
                graph_edge(&g, f->ref.block, b); /* from child to parent */
            else if (f->ref.kind != REF_NONE)
                holds[b] = true;
        }
    if (!graph_reach(&g, &p->scratch, holds)) {
        no_memory(p);
        return;
    }
    for (uint32_t b = 0; b < s->nblocks; b++)
        s->blocks[b].holds_endpoints = holds[b];
}

static void check_frozen(struct parser *p, const struct xref_type *t, uint32_t line,
                         uint32_t column)
{
    if (t->kind != REF_FROZEN || !p->set.blocks[t->block].holds_endpoints)
        return;
    struct diag *d = lexer_fail(&p->lex, CON_FROZEN_ENDPOINT, line, column, "`frozen %s`",
                                p->set.blocks[t->block].name);
    diag_want(d, "a block without endpoints, in its children too");
    diag_hint(d,
              "a frozen block has many owners, an endpoint exactly one: send the endpoint apart");
}

/* In the order of the text, as refs are. */
static void check_all_frozen(struct parser *p)
{
    for (uint32_t i = 0; i < p->refs.n && parser_ok(p); i++) {
        const struct ref_use *u = &p->refs.at[i];
        if (u->repeated)
            continue;
        const struct xref_type *t =
            u->place == IN_BLOCK      ? &p->set.blocks[u->decl].fields[u->item].ref
            : u->place == IN_CONTRACT ? &p->set.contracts[u->decl].messages[u->item].ref
                                      : &p->slots.at[u->decl].type;
        check_frozen(p, t, u->line, u->column);
    }
}

/* ---- canonical size ---- */

static uint32_t own_size(const struct contract_set *s, uint32_t decl, struct strbuf *scratch)
{
    scratch->len = 0;
    if (decl < s->nblocks)
        contract_print_block(s, decl, scratch);
    else
        contract_print_contract(s, decl - s->nblocks, scratch);
    return (uint32_t)scratch->len + 1;
}

static void too_large(struct parser *p, uint32_t decl)
{
    const struct contract_set *s = &p->set;
    bool block = decl < s->nblocks;
    const char *name = block ? s->blocks[decl].name : s->contracts[decl - s->nblocks].name;
    uint32_t line = block ? s->blocks[decl].line : s->contracts[decl - s->nblocks].line;
    uint32_t column = block ? s->blocks[decl].column : s->contracts[decl - s->nblocks].column;
    struct diag *d = lexer_fail(&p->lex, LIM_CONTRACT, line, column, "`%s`", name);
    diag_want(d, "at most %u bytes of canonical text with all that it mentions",
              CONTRACT_CANONICAL_MAX);
    diag_hint(d, "split it into declarations that do not mention each other");
}

/* What a declaration mentions takes at least one byte of text each, so a walk may stop at the
 * limit: the work is bounded by declarations * CONTRACT_CANONICAL_MAX. */
static void check_canonical_sizes(struct parser *p)
{
    const struct contract_set *s = &p->set;
    uint32_t total = s->nblocks + s->ncontracts;
    uint32_t *size = PARSER_ARRAY(p, &p->scratch, total, uint32_t);
    uint32_t *list = PARSER_ARRAY(p, &p->scratch, total, uint32_t);
    uint8_t *seen = PARSER_ARRAY(p, &p->scratch, total, uint8_t);
    struct strbuf text = {0};
    uint64_t sum = 0;
    for (uint32_t i = 0; i < total && parser_ok(p); i++) {
        size[i] = own_size(s, i, &text);
        sum += size[i];
        if (size[i] > CONTRACT_CANONICAL_MAX)
            too_large(p, i);
    }
    if (text.failed)
        no_memory(p);
    strbuf_clear(&text);
    if (sum <= CONTRACT_CANONICAL_MAX)
        return; /* the usual case: all of it together is below the limit */
    for (uint32_t i = 0; i < total && parser_ok(p); i++) {
        uint64_t closure = 0;
        memset(seen, 0, total);
        uint32_t n = contract_closure(s, i, seen, list);
        for (uint32_t k = 0; k < n; k++)
            closure += size[list[k]];
        if (closure > CONTRACT_CANONICAL_MAX)
            too_large(p, i);
    }
}

void blocks_check(struct parser *p)
{
    check_constructible(p);
    if (parser_ok(p))
        find_endpoints(p);
    if (parser_ok(p))
        check_all_frozen(p);
    if (parser_ok(p))
        check_canonical_sizes(p);
}
