/* The grammar (docs/CONTRACTS.md): blocks, slots and whole texts; parse_contract.c has the
 * contracts. */
#include "contract/reading.h"

#include <stdio.h>
#include <string.h>

#include "contract/limits.h"

/* ---- blocks ---- */

struct block_reading {
    struct block_type block;
    struct block_field fields[CONTRACT_FIELDS_MAX];
    bool repeated;
    uint32_t decl;
};

static void field_type(struct reading *r, struct block_reading *b, struct block_field *f)
{
    if (at_scalar(r)) {
        f->scalar = parse_scalar(r);
        if (at(r, TOKEN_LBRACKET)) {
            advance(r);
            if (at(r, TOKEN_NUMBER)) {
                struct diag *d = unexpected(r, "`]`");
                diag_hint(d, "the length of an array is chosen by `alloc`: write `%s[]`",
                          scalar_name(f->scalar));
            }
            expect(r, TOKEN_RBRACKET, "`]`");
            f->is_array = true;
        }
        if (at(r, TOKEN_BANG)) {
            struct diag *d = fail_at(r, CON_BLOCK, &r->p->lex.tok, "`!` after a scalar");
            diag_hint(d, "`!` says that a reference is not null; scalars never are");
        }
        return;
    }
    struct ref_use use = {
        .place = IN_BLOCK, .repeated = b->repeated, .decl = b->decl, .item = b->block.nfields};
    parse_ref(r, use, &f->ref, "a type: a scalar such as `u32`, a block, `frozen`, `imp` or `exp`");
    if (at(r, TOKEN_LBRACKET)) {
        struct diag *d = fail_at(r, CON_BLOCK, &r->p->lex.tok, "array of references");
        diag_want(d, "an array of scalars, or a single reference");
        diag_hint(d, "link the blocks in a list: a block may hold a reference to its own type");
    }
    if (at(r, TOKEN_QUESTION)) {
        struct diag *d = unexpected(r, "`;` or `!`");
        diag_hint(d, "a reference field may be null unless it is marked `!`");
    }
    if (at(r, TOKEN_BANG)) {
        f->required = true;
        advance(r);
    }
}

/* Offset of the field, and what the block knows of its fields so far. */
static void field_place(struct reading *r, struct block_reading *b, struct block_field *f,
                        const struct token *name)
{
    struct block_type *t = &b->block;
    uint32_t size = f->ref.kind != REF_NONE ? 8 : scalar_size(f->scalar);
    f->child = CONTRACT_NONE;
    if (f->ref.kind != REF_NONE)
        f->child = t->nchildren++;
    if (f->is_array) {
        t->array = t->nfields;
        t->size = f->offset = round_up(t->size, 8);
    } else {
        f->offset = round_up(t->size, size);
        t->size = f->offset + size;
    }
    if (t->nchildren > CONTRACT_CHILDREN_MAX) {
        struct diag *d = fail_at(r, LIM_CONTRACT, name, "too many reference fields");
        diag_want(d, "at most %d in a block", CONTRACT_CHILDREN_MAX);
    }
}

static void parse_field(struct reading *r, struct block_reading *b)
{
    struct block_type *t = &b->block;
    struct block_field f = {0};
    struct notes *outer = item_begin(r, &f.notes);
    struct token name = expect_name(r, "a field or `}`");
    for (uint32_t i = 0; i < t->nfields; i++)
        if (same_name(b->fields[i].name, &name))
            duplicate(r, &name, "field", b->fields[i].line);
    if (t->nfields == CONTRACT_FIELDS_MAX) {
        struct diag *d = fail_at(r, LIM_CONTRACT, &name, "too many fields");
        diag_want(d, "at most %d", CONTRACT_FIELDS_MAX);
        return;
    }
    expect(r, TOKEN_COLON, "`:` and the type of the field");
    if (!parser_ok(r->p))
        return;
    f.name = token_copy(r->p, &name);
    f.line = name.line;
    f.column = name.column;
    field_type(r, b, &f);
    if (t->array != CONTRACT_NONE && parser_ok(r->p)) {
        const struct block_field *array = &b->fields[t->array];
        const struct token at_array = {.line = array->line, .column = array->column};
        struct diag *d = fail_at(r, CON_BLOCK, f.is_array ? &name : &at_array,
                                 f.is_array ? "second array field" : "array field is not the last");
        diag_want(d, "at most one array field, and it comes last");
        diag_found(d, "`%s` after array `%s`", f.name, array->name);
    }
    expect(r, TOKEN_SEMICOLON, "`;`");
    item_end(r, outer);
    if (!parser_ok(r->p))
        return;
    field_place(r, b, &f, &name);
    b->fields[t->nfields++] = f;
}

static void parse_block(struct reading *r)
{
    struct parser *p = r->p;
    struct block_reading *b = r->block;
    struct block_type *t = &b->block;
    *t = (struct block_type){.array = CONTRACT_NONE};
    struct notes *outer = item_begin(r, &t->notes);
    advance(r);
    struct token name = declared_name(r, "block");
    b->decl = declare(r, &name, false, &b->repeated);
    t->name = token_copy(p, &name);
    t->line = name.line;
    t->column = name.column;
    expect(r, TOKEN_LBRACE, "`{`");
    while (!at(r, TOKEN_RBRACE) && parser_ok(p))
        parse_field(r, b);
    t->tail = take_tail(r);
    expect(r, TOKEN_RBRACE, "`}`");
    item_end(r, outer);
    if (!parser_ok(p))
        return;
    t->size = round_up(t->size, 8);
    t->fields = PARSER_ARRAY(p, p->a, t->nfields, struct block_field);
    if (t->fields && t->nfields)
        memcpy(t->fields, b->fields, t->nfields * sizeof *t->fields);
    PUSH(p, &p->blocks[b->repeated], *t);
}

/* ---- slots, and the whole ---- */

static void parse_slots(struct reading *r)
{
    struct slot_decl s = {0};
    struct parser *p = r->p;
    snprintf(r->where, sizeof r->where, "in a slots declaration");
    struct notes *outer = item_begin(r, &s.notes);
    s.line = p->lex.tok.line;
    s.column = p->lex.tok.column;
    advance(r);
    if (p->slots.n == CONTRACT_SLOT_DECLS_MAX) {
        struct diag *d = fail_at(r, LIM_CONTRACT, &p->lex.tok, "too many slots declarations");
        diag_want(d, "at most %d", CONTRACT_SLOT_DECLS_MAX);
    }
    struct ref_use use = {.place = IN_SLOTS, .decl = p->slots.n};
    parse_ref(r, use, &s.type, "a block, `frozen`, `imp` or `exp`");
    expect(r, TOKEN_LBRACKET, "`[` and how many");
    struct token n = p->lex.tok;
    expect(r, TOKEN_NUMBER, "a number of slots");
    expect(r, TOKEN_RBRACKET, "`]`");
    expect(r, TOKEN_SEMICOLON, "`;`");
    item_end(r, outer);
    if (parser_ok(p) && (n.number == 0 || n.number > CONTRACT_SLOTS_MAX)) {
        struct diag *d = fail_at(r, n.number ? LIM_CONTRACT : CON_SYNTAX, &n, "number of slots");
        diag_want(d, "1 to %u", CONTRACT_SLOTS_MAX);
        diag_found(d, "%.*s", (int)(n.len < 20 ? n.len : 20), n.text);
    }
    s.count = n.number;
    if (parser_ok(p))
        PUSH(p, &p->slots, s);
}

void parse_text(struct parser *p)
{
    struct reading r = {.p = p};
    r.block = PARSER_ARRAY(p, &p->scratch, 1, struct block_reading);
    r.contract = parse_contract_room(p);
    p->index = PARSER_ARRAY(p, p->a, INDEX_SIZE, uint16_t);
    while (parser_ok(p) && !at(&r, TOKEN_END)) {
        snprintf(r.where, sizeof r.where, "between declarations");
        if (at_keyword(&r, KW_BLOCK))
            parse_block(&r);
        else if (at_keyword(&r, KW_CONTRACT))
            parse_contract(&r);
        else if (at_keyword(&r, KW_SLOTS))
            parse_slots(&r);
        else
            unexpected(&r, "`block`, `contract` or `slots`");
    }
    if (parser_ok(p))
        p->set.tail = take_tail(&r);
    strbuf_clear(&r.stray);
}
