/* The generator's idea of what the program that it writes owns: a guess, not a proof. The verdict
 * on the program is the verifier's; the guess only makes enough of them acceptable. */
#ifndef TESTS_SOUNDNESS_GEN_H
#define TESTS_SOUNDNESS_GEN_H

#include "tests/soundness/world.h"

enum gobj_kind { G_NONE, G_BLOCK, G_FROZEN, G_ENDPOINT, G_LISTENER, G_SET };

struct gobj {
    uint8_t kind, role, type;
    bool maybe;   /* may be null */
    bool param;   /* lent by the caller */
    bool pinned;  /* not to be given away or stepped here */
    bool pending; /* a message was looked at and not received */
    uint8_t tag;  /* the local that has its tag */
    uint64_t states, filled;
};

enum { GEN_OBJS = 40, AT_NULL = -1, AT_JUNK = -2 };

struct guess {
    int8_t at[PROG_LOCALS]; /* by reference local: object, AT_NULL, AT_JUNK */
    struct gobj obj[GEN_OBJS];
    uint32_t n;
    bool dead; /* nothing gets here */
    /* by i32 local: object + 1 of which it says whether it is null; 0: none */
    uint8_t flag[PROG_LOCALS];
    bool inverted[PROG_LOCALS];
};

/* What a helper does with its parameters. */
enum geffect { LENDS, TAKES, STEPS };
struct gspec {
    uint32_t nrefs, nresults;
    struct gobj param[PROG_SIG], result[PROG_SIG];
    uint8_t effect[PROG_SIG];
    uint32_t message[PROG_SIG]; /* STEPS: what is sent or received */
    uint64_t after[PROG_SIG];   /* ... and the states then */
};

struct gen {
    struct rng rng;
    const struct world *w;
    struct prog *p;
    struct func *f;
    uint32_t fi;
    uint32_t noise; /* percent: how often it does not do what it should */
    struct guess now;
    struct gspec spec[PROG_FUNCS];
    uint32_t depth, budget;
    bool loops;    /* within a loop */
    bool overflow; /* the function is too long */
};

/* A program from a seed. */
void gen_program(struct prog *p, const struct world *w, uint64_t seed);
/* Statements for programs that exist already, with little idea of what they do (gen_any.c): writes
 * at most `max` instructions that take nothing from the stack and leave nothing there. */
uint32_t gen_snippet(struct rng *r, const struct world *w, const struct prog *p,
                     const struct func *f, struct insn *out, uint32_t max);

/* ---- shared by the parts of the generator ---- */

static inline bool gen_wrong(struct gen *g)
{
    return g->noise && rng_below(&g->rng, 1000) < g->noise;
}
static inline uint32_t gen_rnd(struct gen *g, uint32_t n)
{
    return rng_below(&g->rng, n);
}
void gen_op(struct gen *g, enum opcode op, int32_t x);
void gen_call(struct gen *g, enum xop_kind kind, uint32_t type, uint32_t role, uint32_t part,
              uint32_t reply);
void gen_const(struct gen *g, int32_t v);
uint32_t gen_ref_local(struct gen *g, bool vacant);
/* To be overwritten. */
uint32_t gen_i32_local(struct gen *g);
/* A local that names object o, or one at random. */
uint32_t gen_name(struct gen *g, uint32_t o);
/* A new object in the guess; UINT32_MAX: no room. */
uint32_t gen_obj(struct gen *g, struct gobj o);
void gen_forget(struct gen *g, uint32_t o, int8_t as);
void gen_set(struct gen *g, uint32_t local, int8_t to);
/* Writes code that gives object o away somehow. */
void gen_dispose(struct gen *g, uint32_t o);
/* Writes code that makes an object of that description in a vacant local; its number or
 * UINT32_MAX. */
uint32_t gen_make(struct gen *g, struct gobj want);
/* An object that fits the description, found or made. */
uint32_t gen_find(struct gen *g, struct gobj want, bool to_give);
bool gen_fits(struct gen *g, const struct gobj *o, const struct gobj *want);
/* Describes a reference type of the contract text. */
struct gobj gen_describe(const struct gen *g, const struct xref_type *t);
/* Pushes 1 if the object is null (or, with `not`, if it is not), in one of many ways. */
void gen_null_test(struct gen *g, uint32_t o, bool not );
/* Leaves the function: gives everything away first. */
void gen_leave(struct gen *g);
/* Makes the state like `was` again where that is easy, so that paths can meet. */
void gen_settle(struct gen *g, const struct guess *was, bool keep);
void gen_merge(struct gen *g, const struct guess *other);

void gen_statements(struct gen *g, uint32_t n);
/* Goes on only if the object is there. */
void gen_demand(struct gen *g, uint32_t o);
/* Freezes, shares, thaws; puts something into a slot; fills sets and waits (gen_keep.c). */
void gen_keep_statement(struct gen *g);
uint32_t gen_freeze(struct gen *g, uint32_t o);
/* Calls the operation of that kind on the set o, whose operands are on the stack. */
void gen_set_call(struct gen *g, enum xop_kind kind, uint32_t o);
void gen_channel_statement(struct gen *g);
/* Sends or receives message m, which the endpoint's states allow. */
bool gen_exchange(struct gen *g, uint32_t o, uint32_t m);
uint64_t gen_after(const struct gen *g, const struct gobj *e, uint32_t m);
/* Pushes op(value, k) == op(wanted, k), for a random operator: true if the value is the wanted one,
 * and perhaps else. */
void gen_same(struct gen *g, uint32_t local, int32_t wanted);
/* Listens, or accepts if there is a listener of that contract; `twice`: both. */
void gen_accept(struct gen *g, uint32_t contract, bool twice);

#endif
