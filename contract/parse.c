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
    if (reading_at_scalar(r)) {
        f->scalar = reading_scalar(r);
        if (reading_at(r, TOKEN_LBRACKET)) {
            reading_advance(r);
            if (reading_at(r, TOKEN_NUMBER)) {
                struct diag *d = reading_unexpected(r, "`]`");
                diag_hint(d, "the length of an array is chosen by `alloc`: write `%s[]`",
                          scalar_name(f->scalar));
            }
            reading_expect(r, TOKEN_RBRACKET, "`]`");
            f->is_array = true;
        }
        if (reading_at(r, TOKEN_BANG)) {
            struct diag *d = reading_fail(r, CON_BLOCK, &r->p->lex.tok, "`!` after a scalar");
            diag_hint(d, "`!` says that a reference is not null; scalars never are");
        }
        return;
    }
    struct ref_use use = {
        .place = IN_BLOCK, .repeated = b->repeated, .decl = b->decl, .item = b->block.nfields};
    reading_ref(r, use, &f->ref,
                "a type: a scalar such as `u32`, a block, `frozen`, `imp` or `exp`");
    if (reading_at(r, TOKEN_LBRACKET)) {
        struct diag *d = reading_fail(r, CON_BLOCK, &r->p->lex.tok, "array of references");
        diag_want(d, "an array of scalars, or a single reference");
        diag_hint(d, "link the blocks in a list: a block may hold a reference to its own type");
    }
    if (reading_at(r, TOKEN_QUESTION)) {
        struct diag *d = reading_unexpected(r, "`;` or `!`");
        diag_hint(d, "a reference field may be null unless it is marked `!`");
    }
    if (reading_at(r, TOKEN_BANG)) {
        f->required = true;
        reading_advance(r);
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
        struct diag *d = reading_fail(r, LIM_CONTRACT, name, "too many reference fields");
        diag_want(d, "at most %d in a block", CONTRACT_CHILDREN_MAX);
    }
}

static void parse_field(struct reading *r, struct block_reading *b)
{
    struct block_type *t = &b->block;
    struct block_field f = {0};
    struct notes *outer = reading_begin(r, &f.notes);
    struct token name = reading_member_name(r, "a field or `}`");
    for (uint32_t i = 0; i < t->nfields; i++)
        if (token_is(b->fields[i].name, &name))
            reading_duplicate(r, &name, "field", b->fields[i].line);
    if (t->nfields == CONTRACT_FIELDS_MAX) {
        struct diag *d = reading_fail(r, LIM_CONTRACT, &name, "too many fields");
        diag_want(d, "at most %d", CONTRACT_FIELDS_MAX);
        return;
    }
    reading_expect(r, TOKEN_COLON, "`:` and the type of the field");
    if (!parser_ok(r->p))
        return;
    f.name = reading_token_text(r->p, &name);
    f.line = name.line;
    f.column = name.column;
    field_type(r, b, &f);
    if (t->array != CONTRACT_NONE && parser_ok(r->p)) {
        const struct block_field *array = &b->fields[t->array];
        const struct token at_array = {.line = array->line, .column = array->column};
        struct diag *d =
            reading_fail(r, CON_BLOCK, f.is_array ? &name : &at_array,
                         f.is_array ? "second array field" : "array field is not the last");
        diag_want(d, "at most one array field, and it comes last");
        diag_found(d, "`%s` after array `%s`", f.name, array->name);
    }
    reading_expect(r, TOKEN_SEMICOLON, "`;`");
    reading_end(r, outer);
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
    struct notes *outer = reading_begin(r, &t->notes);
    reading_advance(r);
    struct token name = reading_declared_name(r, "block");
    b->decl = reading_declare(r, &name, false, &b->repeated);
    t->name = reading_token_text(p, &name);
    t->line = name.line;
    t->column = name.column;
    reading_expect(r, TOKEN_LBRACE, "`{`");
    while (!reading_at(r, TOKEN_RBRACE) && parser_ok(p))
        parse_field(r, b);
    t->tail = reading_tail(r);
    reading_expect(r, TOKEN_RBRACE, "`}`");
    reading_end(r, outer);
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
    struct notes *outer = reading_begin(r, &s.notes);
    s.line = p->lex.tok.line;
    s.column = p->lex.tok.column;
    reading_advance(r);
    if (p->slots.n == CONTRACT_SLOT_DECLS_MAX) {
        struct diag *d = reading_fail(r, LIM_CONTRACT, &p->lex.tok, "too many slots declarations");
        diag_want(d, "at most %d", CONTRACT_SLOT_DECLS_MAX);
    }
    struct ref_use use = {.place = IN_SLOTS, .decl = p->slots.n};
    reading_ref(r, use, &s.type, "a block, `frozen`, `imp` or `exp`");
    reading_expect(r, TOKEN_LBRACKET, "`[` and how many");
    struct token n = p->lex.tok;
    reading_expect(r, TOKEN_NUMBER, "a number of slots");
    reading_expect(r, TOKEN_RBRACKET, "`]`");
    reading_expect(r, TOKEN_SEMICOLON, "`;`");
    reading_end(r, outer);
    if (parser_ok(p) && (n.number == 0 || n.number > CONTRACT_SLOTS_MAX)) {
        struct diag *d =
            reading_fail(r, n.number ? LIM_CONTRACT : CON_SYNTAX, &n, "number of slots");
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
    while (parser_ok(p) && !reading_at(&r, TOKEN_END)) {
        snprintf(r.where, sizeof r.where, "between declarations");
        if (reading_at_keyword(&r, KW_BLOCK))
            parse_block(&r);
        else if (reading_at_keyword(&r, KW_CONTRACT))
            parse_contract(&r);
        else if (reading_at_keyword(&r, KW_SLOTS))
            parse_slots(&r);
        else
            reading_unexpected(&r, "`block`, `contract` or `slots`");
    }
    if (parser_ok(p))
        p->set.tail = reading_tail(&r);
    strbuf_clear(&r.stray);
}
