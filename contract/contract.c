#include "contract/contract.h"

#include <string.h>
#include <xxhash.h>

#include "contract/limits.h"
#include "contract/parser.h"

static const struct {
    const char *name;
    uint8_t size, wasm;
} scalars[SC_N] = {
    [SC_I8] = {"i8", 1, 0x7f},   [SC_U8] = {"u8", 1, 0x7f},   [SC_I16] = {"i16", 2, 0x7f},
    [SC_U16] = {"u16", 2, 0x7f}, [SC_I32] = {"i32", 4, 0x7f}, [SC_U32] = {"u32", 4, 0x7f},
    [SC_I64] = {"i64", 8, 0x7e}, [SC_U64] = {"u64", 8, 0x7e}, [SC_F32] = {"f32", 4, 0x7d},
    [SC_F64] = {"f64", 8, 0x7c},
};

const char *scalar_name(enum scalar s)
{
    return scalars[s].name;
}

uint32_t scalar_size(enum scalar s)
{
    return scalars[s].size;
}

uint8_t scalar_wasm_type(enum scalar s)
{
    return scalars[s].wasm;
}

static bool same(const char *known, const char *name, size_t n)
{
    return strlen(known) == n && memcmp(known, name, n) == 0; /* `name` may hold NULs */
}

uint16_t *index_slot(const uint16_t *index, const struct contract_set *s, const char *name,
                     size_t n)
{
    uint32_t at = (uint32_t)XXH3_64bits(name, n) & (INDEX_SIZE - 1);
    for (;; at = (at + 1) & (INDEX_SIZE - 1)) {
        uint32_t v = index[at];
        if (v == 0)
            break;
        uint32_t decl = (v & ~INDEX_CONTRACT) - 1;
        if (same(v & INDEX_CONTRACT ? s->contracts[decl].name : s->blocks[decl].name, name, n))
            break;
    }
    return (uint16_t *)&index[at];
}

static uint32_t find(const struct contract_set *s, const char *name, size_t n, uint32_t kind)
{
    if (!s->index || memchr(name, 0, n))
        return CONTRACT_NONE;
    uint32_t v = *index_slot(s->index, s, name, n);
    return v != 0 && (v & INDEX_CONTRACT) == kind ? (v & ~INDEX_CONTRACT) - 1 : CONTRACT_NONE;
}

uint32_t contract_find_block(const struct contract_set *s, const char *name, size_t n)
{
    return find(s, name, n, 0);
}

uint32_t contract_find_contract(const struct contract_set *s, const char *name, size_t n)
{
    return find(s, name, n, INDEX_CONTRACT);
}

uint32_t contract_find_message(const struct contract *c, const char *name, size_t n)
{
    for (uint32_t i = 0; i < c->nmessages; i++)
        if (same(c->messages[i].name, name, n))
            return i;
    return CONTRACT_NONE;
}

uint32_t contract_find_state(const struct contract *c, const char *name, size_t n)
{
    for (uint32_t i = 0; i < c->nstates; i++)
        if (same(c->states[i].name, name, n))
            return i;
    return CONTRACT_NONE;
}

uint32_t block_find_field(const struct block_type *b, const char *name, size_t n)
{
    for (uint32_t i = 0; i < b->nfields; i++)
        if (same(b->fields[i].name, name, n))
            return i;
    return CONTRACT_NONE;
}

uint32_t contract_find_slots(const struct contract_set *s, const struct xref_type *t)
{
    bool block = t->kind == REF_BLOCK || t->kind == REF_FROZEN;
    for (uint32_t i = 0; i < s->nslots; i++) {
        const struct xref_type *u = &s->slots[i].type;
        if (u->kind == t->kind &&
            (block ? u->block == t->block : u->contract == t->contract && u->state == t->state))
            return i;
    }
    return CONTRACT_NONE;
}

const struct transition *state_transition(const struct state *s, uint32_t tag)
{
    for (uint32_t i = 0; i < s->ntransitions; i++)
        if (s->transitions[i].message == tag)
            return &s->transitions[i];
    return NULL;
}

struct contract_id contract_id_of(const char *canonical, size_t n)
{
    XXH128_hash_t h = XXH3_128bits(canonical, n);
    return (struct contract_id){h.low64, h.high64};
}

enum status contract_parse(struct arena *a, const char *text, size_t len,
                           const struct contract_set **out, struct diag *why)
{
    struct parser p = {.a = a};
    if (len > CONTRACT_TEXT_MAX) {
        enum status s = diag_set(why, LIM_CONTRACT, "text of %zu bytes", len);
        diag_want(why, "at most %u bytes", CONTRACT_TEXT_MAX);
        return s;
    }
    lexer_init(&p.lex, text, len, why);
    parse_text(&p);
    if (parser_ok(&p))
        resolve_names(&p);
    if (parser_ok(&p))
        blocks_check(&p);
    if (parser_ok(&p))
        protocol_check(&p);
    struct contract_set *set = parser_ok(&p) ? PARSER_ARRAY(&p, a, 1, struct contract_set) : NULL;
    if (set) {
        *set = p.set;
        *out = set;
    }
    lexer_clear(&p.lex);
    arena_clear(&p.scratch);
    return p.lex.bad;
}
