/* The contract language (docs/CONTRACTS.md): block types, messages, protocol states.
 *
 * Pure: text in, tables out; no OS, no globals. A contract_set lives in the caller's arena and is
 * immutable once contract_parse() has returned it. Names are NUL-terminated and unique per kind.
 */
#ifndef CONTRACT_CONTRACT_H
#define CONTRACT_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/strbuf.h"

enum scalar { SC_I8, SC_U8, SC_I16, SC_U16, SC_I32, SC_U32, SC_I64, SC_U64, SC_F32, SC_F64, SC_N };

const char *scalar_name(enum scalar s); /* "u16" */
uint32_t scalar_size(enum scalar s);    /* bytes in memory: 1, 2, 4, 8; also its alignment */
uint8_t scalar_wasm_type(
    enum scalar s); /* value type of the Wasm import: 0x7f i32 (for 8..32 bits), 0x7e, 0x7d, 0x7c */

enum ref_kind { REF_NONE, REF_BLOCK, REF_FROZEN, REF_IMP, REF_EXP };
enum role { ROLE_IMP, ROLE_EXP };
enum direction { DIR_IN, DIR_OUT }; /* in: imp -> exp; out: exp -> imp */

#define CONTRACT_NONE UINT32_MAX
#define STATE_END     0xffffu /* next state of a transition: the channel may only be closed */
#define MESSAGE_SCALARS                                                                            \
    48 /* bytes that the scalars of a message may take, laid out as a C struct */

/* Comments of one declaration: lines without their markers, separated by \n; "" if there are none.
 * They never matter to the meaning. `lead` are comments set off by a blank line before it
 * (paragraphs separated by \f), `doc` those directly above it, behind it on its line, or inside it
 * where nothing else can take them. */
struct notes {
    const char *lead, *doc;
};

/* A reference type. Indices are into the set. */
struct xref_type {
    enum ref_kind kind;
    uint32_t block;           /* REF_BLOCK, REF_FROZEN: index into blocks */
    uint32_t contract, state; /* REF_IMP, REF_EXP: index into contracts and its states */
};

struct block_field {
    const char *name;
    struct notes notes;
    bool is_array;        /* scalars only, last field */
    bool required;        /* `!` */
    struct xref_type ref; /* kind REF_NONE: a scalar (or array of scalars) */
    enum scalar scalar;
    uint32_t
        offset; /* bytes from the start of the block's data, naturally aligned; references take 8 */
    uint32_t child; /* n-th reference field of the block, or CONTRACT_NONE */
    uint32_t line, column;
};

struct block_type {
    const char *name;
    struct notes notes;
    const char *tail; /* comments before the closing brace, as notes.lead */
    struct block_field *fields;
    uint32_t nfields;
    uint32_t size;  /* bytes of the fixed part, multiple of 8; the array, if any, begins there */
    uint32_t array; /* index of the array field, or CONTRACT_NONE */
    uint32_t nchildren;   /* reference fields */
    bool holds_endpoints; /* itself or through children: cannot be frozen */
    uint32_t line, column;
};

struct message_param {
    const char *name;
    enum scalar scalar;
    uint32_t offset; /* in the C struct of the message's scalars */
};

struct message {
    const char *name;
    struct notes notes;
    enum direction dir;
    struct message_param *params; /* scalars, in order */
    uint32_t nparams;
    uint32_t scalars_size; /* of the C struct, 0 if none; at most MESSAGE_SCALARS */
    struct xref_type ref;  /* kind REF_NONE: carries no reference */
    const char *ref_name;  /* parameter name of the reference, or NULL */
    uint32_t ref_at;       /* position of the reference among all parameters as written */
    uint32_t line, column;
};

struct transition {
    uint32_t message; /* index = tag */
    uint32_t next;    /* state index or STATE_END */
    uint32_t line, column;
};

/* States of chains such as `A? -> B! -> S` that have no name of their own are named "S.A" after the
 * state and message that lead to them. */
struct state {
    const char *name;
    struct notes notes;
    bool anonymous;
    bool may_end;       /* either side may close here */
    enum direction dir; /* of all its messages; meaningless if ntransitions == 0 */
    struct transition *transitions;
    uint32_t ntransitions;
    uint32_t line, column;
};

struct contract {
    const char *name;
    struct notes notes;
    const char *tail; /* comments before the closing brace, as notes.lead */
    struct message *messages;
    uint32_t nmessages;
    struct state *states; /* [0] is the start */
    uint32_t nstates;
    uint32_t capacity; /* declared, or 0 */
    uint32_t
        bound[2]; /* by direction: messages that can be queued at once, computed (or = capacity) */
    uint32_t line, column;
};

struct slot_decl {
    struct xref_type type;
    struct notes notes;
    uint32_t count;
    uint32_t line, column;
};

struct contract_set {
    struct block_type *blocks;
    uint32_t nblocks;
    struct contract *contracts;
    uint32_t ncontracts;
    struct slot_decl *slots;
    uint32_t nslots;
    const char *tail;      /* comments at the end of the text, as notes.lead */
    const uint16_t *index; /* blocks and contracts by name; private to contract/; NULL: none */
};

/* Parses and checks all declarations of a text (several files may be concatenated: a name declared
 * twice must mean the same). `*out` lives in `a`. On refusal fills `why` with code, line, column,
 * what was wanted and found. Time and memory are linear in the text but for the checks of states,
 * which are bounded by the limits in contract/limits.h. */
must_check enum status contract_parse(struct arena *a, const char *text, size_t len,
                                      const struct contract_set **out, struct diag *why);

/* Canonical text (design: what `fmt` prints, comments gone; out->failed if memory is exhausted) of
 * one declaration alone, or of it and of everything it mentions, in a fixed order. Two declarations
 * mean the same iff the latter are equal. */
void contract_print_block(const struct contract_set *s, uint32_t block, struct strbuf *out);
void contract_print_contract(const struct contract_set *s, uint32_t contract, struct strbuf *out);
void contract_canonical_block(const struct contract_set *s, uint32_t block, struct strbuf *out);
void contract_canonical_contract(const struct contract_set *s, uint32_t contract,
                                 struct strbuf *out);
/* The whole set in the order of its text, comments kept: what `singula contract fmt` prints. */
void contract_format(const struct contract_set *s, struct strbuf *out);
/* The same without comments: what a generated header embeds in the module. */
void contract_print_set(const struct contract_set *s, struct strbuf *out);

/* A declaration of either kind as one number: block b is b, contract c is nblocks + c. Lists the
 * declaration itself and everything that it mentions, directly or not; returns how many. `seen`
 * (zeroed) and `list` have room for nblocks + ncontracts elements. */
uint32_t contract_closure(const struct contract_set *s, uint32_t decl, uint8_t *seen,
                          uint32_t *list);

/* All contracts of the set as state diagrams in the DOT language (Graphviz). */
void contract_graph(const struct contract_set *s, struct strbuf *out);

/* XXH3-128 of a canonical text, for finding; equality is decided by the text. */
struct contract_id {
    uint64_t lo, hi;
};
struct contract_id contract_id_of(const char *canonical, size_t n);

/* Index by name, or CONTRACT_NONE. */
uint32_t contract_find_block(const struct contract_set *s, const char *name, size_t n);
uint32_t contract_find_contract(const struct contract_set *s, const char *name, size_t n);
uint32_t contract_find_message(const struct contract *c, const char *name, size_t n);
uint32_t contract_find_state(const struct contract *c, const char *name, size_t n);
uint32_t block_find_field(const struct block_type *b, const char *name, size_t n);
/* The slots of that type, or CONTRACT_NONE. A type is declared once. */
uint32_t contract_find_slots(const struct contract_set *s, const struct xref_type *t);

/* The transition of message `tag` in `state`, or NULL. */
const struct transition *state_transition(const struct state *s, uint32_t tag);

/* "Frame", "frozen Frame", "imp Camera:Ready" */
void xref_type_print(const struct contract_set *s, const struct xref_type *t, struct strbuf *out);

/* The side that sends messages of that direction. */
static inline enum role direction_sender(enum direction d)
{
    return d == DIR_IN ? ROLE_IMP : ROLE_EXP;
}

#endif
