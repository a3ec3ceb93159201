/* Abstract states of the ownership analysis: values, resources, decision tables, join.
 *
 * A state describes one point of a function: a value for every local and operand, and a resource
 * for every exchange object that the function can name. Copies of a reference are values that name
 * the same resource.
 *
 * Laws. (witness) If a resource may be absent (`maybe`), a value that names it is null exactly when
 * it is absent. (injective) Different resources of a state stand for different objects. A state is
 * canonical when its resources are numbered parameters first, then by first occurrence in the
 * values; own_join() returns canonical states only, and equality is equality of own_serialise()'s
 * bytes.
 */
#ifndef VERIFIER_OWN_STATE_H
#define VERIFIER_OWN_STATE_H

#include "base/arena.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "contract/contract.h"
#include "contract/limits.h"

enum own_kind {
    OV_TOP,   /* any value, not a reference; x / 2 if not 0: a number shared by values that are zero
                 together, or (x odd) when the others are not */
    OV_CONST, /* i32 constant x */
    OV_TABLE, /* i32, a function of cases: `table` */
    OV_NULL,  /* null reference */
    OV_REF,   /* resource x (or null if that is absent) */
    OV_DEAD,  /* its object was moved or freed by event x */
    OV_BAD,   /* one of several things; event x says where they met */
    OV_FOREIGN, /* reference of unknown origin: no operation takes it */
};

/* Cases of a variable, as bits. Null tests: present, absent. Tags: bit t is tag t. */
enum { CASE_PRESENT = 0, CASE_ABSENT = 1, CASE_CLOSED = 62, CASE_NONE = 63 };
#define CASE_BIT(c) ((uint64_t)1 << (c))
_Static_assert(CONTRACT_MESSAGES_MAX <= CASE_CLOSED, "a tag is a case");
_Static_assert(CONTRACT_STATES_MAX <= 63, "bit 63 of a set of states is `end`");

enum own_var_kind { VAR_NULL, VAR_TAG };

struct own_var {
    uint8_t kind; /* enum own_var_kind */
    uint32_t res;
    uint64_t mask; /* cases that the table has entries for */
};

/* Entries: an exact i32 (0 .. 2^32-1), or one of these. */
#define ENTRY_NONZERO     (-1)
#define ENTRY_ANY         (-2)
#define TABLE_ENTRIES_MAX 64

/* Immutable. Without variables it has one entry, ENTRY_NONZERO. The entry for cases c0, c1 is at
 * rank(c0) * popcount(var[1].mask) + rank(c1). */
struct own_table {
    uint32_t nvars; /* 0 to 2 */
    struct own_var var[2];
    uint32_t nentries;
    int64_t entry[];
};

struct own_value {
    uint8_t kind;
    uint32_t x;
    const struct own_table *table;
};

enum own_res_kind { RES_NONE, RES_BLOCK, RES_FROZEN, RES_ENDPOINT, RES_LISTENER, RES_SET };
enum own_existence { RES_PRESENT, RES_MAYBE, RES_ABSENT /* only inside own_refine() */ };
#define PARAM_NONE 0

struct own_res {
    uint8_t kind;  /* enum own_res_kind */
    uint8_t maybe; /* enum own_existence */
    uint8_t role;  /* endpoints, sets */
    uint8_t spare;
    uint32_t param;  /* n + 1: it is the n-th resource that the caller passed in; PARAM_NONE: owned
                        by this function */
    uint32_t type;   /* block type or contract */
    uint32_t event;  /* where it came from; not part of equality */
    uint64_t states; /* endpoints: contract states, bit 63 is `end`; sets: of what is in them */
    uint64_t pend; /* endpoints: cases of the next message that next/poll/wait reported; 0: nothing
                      pending, as CASE_NONE alone, and no table knows it */
    uint64_t filled; /* blocks: reference fields known not to be null, by child number */
};

#define OWN_RES_MAX    256
#define OWN_PARAMS_MAX 64

struct own_state {
    uint32_t nlocals, nstack, cap; /* values: locals, then operands */
    uint32_t nres;
    uint32_t lost;     /* 1: something owned has no name left; only the end of the SIP may follow */
    uint32_t nsymbols; /* numbers of OV_TOP that are taken; canonical states have none */
    uint64_t gone;     /* parameters' resources that this function consumed, by param - 1 */
    struct own_value *v;
    struct own_res *res; /* OWN_RES_MAX entries of room grow on demand */
    uint32_t res_cap;
    struct own_state *spare; /* of those that were freed: the next */
};

/* What it costs to look at all of it, in values. */
static inline uint64_t own_size(const struct own_state *s)
{
    return (uint64_t)s->nlocals + s->nstack + 3 * (uint64_t)s->nres;
}

/* Room for `cap` values, which are as they come. NULL when the arena is exhausted. */
struct own_state *own_state_new(struct arena *a, uint32_t nlocals, uint32_t cap);
struct own_state *own_state_copy(struct arena *a, const struct own_state *s);
/* Nobody looks at s any more: the next new state of the arena may be made of it. */
void own_state_free(struct arena *a, struct own_state *s);
/* The cases that an endpoint's next message, as far as it was reported, can be. */
static inline uint64_t own_pending(const struct own_res *r)
{
    return r->pend ? r->pend : CASE_BIT(CASE_NONE);
}
/* A new resource; returns its number, or UINT32_MAX if there are too many. */
uint32_t own_res_add(struct arena *a, struct own_state *s, const struct own_res *r);
/* True if a value names resource r. */
bool own_res_named(const struct own_state *s, uint32_t r);
/* Removes resource r (its number stays unused until the state is made canonical): all its names
 * become `as`, tables that depend on it OV_TOP. */
void own_res_remove(struct own_state *s, uint32_t r, struct own_value as);
/* Forgets tables over the tag of endpoint r. */
void own_forget_tag(struct own_state *s, uint32_t r);

/* Cases that a variable can still have. */
uint64_t own_cases(const struct own_state *s, const struct own_var *v);

/* Gives an OV_TOP a number, so that tests of its copies can be connected. */
void own_number(struct own_state *s, struct own_value *v);
/* Value of an i32 operator on one or two operands (b NULL: unary), pointwise; op is an enum opcode.
 */
struct own_value own_eval(struct arena *a, const struct own_state *s, uint32_t op,
                          struct own_value x, const struct own_value *y);
/* select: c != 0 ? x : y, for i32 values. */
struct own_value own_eval_select(struct arena *a, const struct own_state *s, struct own_value x,
                                 struct own_value y, struct own_value c);

/* What a branch learns. Narrows the state to the cases in which `want` holds of the value of x.
 * *work grows by the entries of tables that were looked at. False: impossible, the edge is dead. */
enum own_test { TEST_NONZERO, TEST_ZERO, TEST_IN };
struct own_targets {
    const uint32_t *label_of;
    uint32_t n;
    uint32_t label;
}; /* br_table: index i goes to label_of[min(i, n)] */
bool own_refine(struct arena *a, struct own_state *s, struct own_value x, enum own_test want,
                const struct own_targets *t, uint64_t *work);
/* The resource is null on this path / certainly there. */
void own_set_absent(struct own_state *s, uint32_t r);
/* Substitutes decided cases in all tables. *work grows by the entries that were looked at. */
void own_settle_tables(struct arena *a, struct own_state *s, uint64_t *work);

/* Why two states cannot meet. */
enum own_conflict { MEET_OK, MEET_SPLIT, MEET_LEAK, MEET_KIND, MEET_MEMORY };
struct own_meet_error {
    enum own_conflict why;
    struct own_res res;
    bool consumed_elsewhere;
    uint64_t work; /* what the join cost beyond the size of the states, in values; always set */
};

/* Least upper bound, canonical; either may be NULL (unreachable). `event` is recorded in values
 * that become OV_BAD. NULL: *err says why. The arguments are not changed. */
struct own_state *own_join(struct arena *a, const struct own_state *x, const struct own_state *y,
                           uint32_t event, struct own_meet_error *err);

/* All that matters of a canonical state, as bytes (own_bytes.c). Appends. */
void own_serialise(const struct own_state *s, struct strbuf *out);
/* Equality of these bytes, for which there is `room`. False when memory is exhausted. */
bool own_same(const struct own_state *a, const struct own_state *b, struct strbuf *room);

/* What the reader cannot know from the bytes. */
struct own_shape {
    const struct contract_set *set;
    uint32_t nlocals, nstack, cap;
    const uint8_t *is_ref; /* by local */
};
/* Reads a state of that shape from bytes that may come from anywhere. NULL: they are not one, or
 * memory is exhausted. */
struct own_state *own_deserialise(struct arena *a, struct span *in, const struct own_shape *shape);
/* A LEB128 number; fails the reader. */
uint64_t own_read_number(struct span *in);

/* Renumbers canonically, in place; returns s. */
struct own_state *own_canonical(struct arena *a, struct own_state *s);

#endif
