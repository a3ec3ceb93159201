#include "verifier/opcodes.h"

#include <string.h>

const struct opcode_info opcode_table[OP_N] = {
    [OP_INVALID] = {.text = "?", .pops = "", .pushes = ""},
#define OP(name, prefix, code, text, imm, pops, pushes, width, effect)                             \
    [OP_##name] = {text, pops, pushes, prefix, code, IMM_##imm, width, XFX_##effect},
#include "verifier/opcodes.def"
#undef OP
};

#define PAGE_OF(prefix) ((prefix) == OPCODE_PREFIX_MISC ? OPCODE_PAGE_MISC : OPCODE_PAGE_PLAIN)

const uint16_t opcode_by_code[OPCODE_PAGES][OPCODE_PAGE_CODES] = {
#define OP(name, prefix, code, text, imm, pops, pushes, width, effect)                             \
    [PAGE_OF(prefix)][code] = OP_##name,
#include "verifier/opcodes.def"
#undef OP
};

enum opcode opcode_find(uint8_t prefix, uint32_t code)
{
    if (code >= OPCODE_PAGE_CODES || (prefix != 0 && prefix != OPCODE_PREFIX_MISC))
        return OP_INVALID;
    return opcode_by_code[PAGE_OF(prefix)][code];
}

uint8_t opcode_letter_type(char letter)
{
    switch (letter) {
    case 'i':
        return VT_I32;
    case 'I':
        return VT_I64;
    case 'f':
        return VT_F32;
    case 'F':
        return VT_F64;
    case 'V':
        return VT_V128;
    case 'p':
        return VT_FUNCREF;
    case 'r':
        return VT_EXTERNREF;
    default:
        return 0;
    }
}

static uint64_t leb_signed(const uint8_t **p)
{
    uint64_t v = 0;
    unsigned shift = 0;
    uint8_t b;
    do {
        b = *(*p)++;
        v |= (uint64_t)(b & 0x7f) << shift;
        shift += 7;
    } while (b & 0x80);
    if (shift < 64 && (b & 0x40))
        v |= ~(uint64_t)0 << shift;
    return v;
}

static uint64_t fixed(const uint8_t **p, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)(*p)[i] << 8 * i;
    *p += n;
    return v;
}

void opcode_decode(const uint8_t *p, struct insn_view *v)
{
    v->at = p;
    uint8_t byte = *p++;
    v->op = byte == OPCODE_PREFIX_MISC ? opcode_by_code[OPCODE_PAGE_MISC][opcode_leb(&p)]
                                       : opcode_by_code[OPCODE_PAGE_PLAIN][byte];
    switch ((enum imm_kind)opcode_table[v->op].imm) {
    case IMM_NONE:
        break;
    case IMM_BLOCK:
        v->block = (int32_t)leb_signed(&p);
        break;
    case IMM_LABELS:
        v->index = opcode_leb(&p);
        v->labels = p;
        for (uint32_t i = 0; i <= v->index; i++)
            opcode_leb(&p);
        break;
    case IMM_LABEL:
    case IMM_FUNC:
    case IMM_LOCAL:
    case IMM_GLOBAL:
    case IMM_TABLE:
    case IMM_ELEM:
    case IMM_DATA:
    case IMM_MEMORY:
        v->index = opcode_leb(&p);
        break;
    case IMM_TYPE_TABLE:
    case IMM_TABLE2:
    case IMM_ELEM_TABLE:
    case IMM_DATA_MEMORY:
    case IMM_MEMORY2:
        v->index = opcode_leb(&p);
        v->index2 = opcode_leb(&p);
        break;
    case IMM_MEMARG:
        v->index2 = opcode_leb(&p);
        v->bits = opcode_leb(&p);
        break;
    case IMM_TYPES:
        v->index = opcode_leb(&p);
        v->type = *p;
        p += v->index;
        break;
    case IMM_I32:
        v->bits = (uint32_t)leb_signed(&p);
        break;
    case IMM_I64:
        v->bits = leb_signed(&p);
        break;
    case IMM_F32:
        v->bits = fixed(&p, 4);
        break;
    case IMM_F64:
        v->bits = fixed(&p, 8);
        break;
    case IMM_REFTYPE:
        v->type = *p++;
        break;
    }
    v->next = p;
}

static const uint8_t one_type[] = {VT_EXTERNREF, VT_FUNCREF, VT_V128, VT_F64,
                                   VT_F32,       VT_I64,     VT_I32};

struct functype opcode_block_type(const struct vview *m, int32_t block)
{
    if (block >= 0)
        return m->types[block];
    if (block == BLOCK_EMPTY)
        return (struct functype){.params = one_type, .results = one_type};
    const uint8_t *t = memchr(one_type, block + 0x80, sizeof one_type);
    return (struct functype){.params = one_type, .results = t, .nresults = 1};
}
