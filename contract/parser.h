/* What the parts of contract_parse() share: parse.c reads the text, resolve.c gives names their
 * meaning, blocks.c and protocol.c check what was declared. Private to contract/.
 *
 * Errors stick in the lexer (lexer.h): each part runs on what is there and the first error wins.
 */
#ifndef CONTRACT_PARSER_H
#define CONTRACT_PARSER_H

#include "contract/contract.h"
#include "contract/lexer.h"

/* Where a reference type was written whose names are not yet resolved. */
enum ref_place { IN_BLOCK, IN_CONTRACT, IN_SLOTS };

struct ref_use {
    enum ref_place place;
    bool repeated;         /* in a repetition of a declaration: index into repeated_* */
    uint32_t decl, item;   /* block and field, contract and message, or slot declaration */
    const char *name;      /* of the block or contract */
    const char *state;     /* NULL for blocks */
    uint32_t line, column; /* of the name */
    uint32_t state_line, state_column;
};

#define VECTOR(type)                                                                               \
    struct {                                                                                       \
        type *at;                                                                                  \
        uint32_t n, cap;                                                                           \
    }

struct parser {
    struct lexer lex;
    struct arena *a;      /* what the caller gets */
    struct arena scratch; /* until contract_parse() returns */
    /* Distinct declarations [0] and repetitions [1] of them, each in the order of the text. */
    VECTOR(struct block_type) blocks[2];
    VECTOR(struct contract) contracts[2];
    VECTOR(struct slot_decl) slots;
    VECTOR(struct ref_use) refs;
    uint16_t *index;         /* by name, as in struct contract_set */
    struct contract_set set; /* made from the above before resolve.c runs */
};

static inline bool parser_ok(const struct parser *p)
{
    return p->lex.bad == OK;
}

/* Arrays that are complete; NULL (with E_NOMEM recorded) when memory is exhausted. n may be 0. */
void *parser_array(struct parser *p, struct arena *a, size_t n, size_t size);
#define PARSER_ARRAY(p, a, n, type) ((type *)parser_array((p), (a), (n), sizeof(type)))

void parse_text(struct parser *p);     /* grammar; layout of messages; tables of states */
void resolve_names(struct parser *p);  /* every ref_use, slot and repetition */
void blocks_check(struct parser *p);   /* layout, constructible, frozen */
void protocol_check(struct parser *p); /* every contract, then all of them together */

/* The index of names: adding fails if the name is there. */
#define INDEX_SIZE     2048u
#define INDEX_CONTRACT 0x8000u
uint16_t *index_slot(const uint16_t *index, const struct contract_set *s, const char *name,
                     size_t n);

/* Canonical text of a declaration that need not be in the set, comments kept or gone. */
void print_block(const struct contract_set *s, const struct block_type *b, bool comments,
                 struct strbuf *out);
void print_contract(const struct contract_set *s, const struct contract *c, bool comments,
                    struct strbuf *out);

#endif
