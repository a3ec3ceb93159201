/* Guest programs as tables of instructions, for tests that make, change and shrink them.
 *
 * A program is what the generator writes and the mutations edit; prog_emit() turns it into the
 * bytes of a module. Function 0 is the entry, exported as `main`, of type [] -> []. Operations of
 * `singula/` modules and the test's own host functions are called by their number in the world's
 * table (world.h); only those that a program uses are imported.
 */
#ifndef TESTS_SOUNDNESS_PROG_H
#define TESTS_SOUNDNESS_PROG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/unit/wasm_build.h"

enum {
    PROG_FUNCS = 6,
    PROG_CODE = 700,
    PROG_TYPES = 40,
    PROG_SIG = 6,
    PROG_LOCALS = 24,
    PROG_LABELS = 6
};

/* One instruction. x: local, label, constant, function (call: below 0 it is ~operation), type
 * (calls through the table, blocks: BLOCK_PLAIN for none). */
struct insn {
    uint16_t op; /* enum opcode */
    uint8_t nlabels;
    uint8_t label[PROG_LABELS]; /* br_table: all, the default last */
    int32_t x;
};
#define BLOCK_PLAIN (-1)

/* Types as letters: i, I, r. */
struct sig {
    char params[PROG_SIG + 1], results[PROG_SIG + 1];
};

struct func {
    uint32_t type;
    uint32_t nlocals; /* parameters included */
    char local[PROG_LOCALS + 1];
    bool taken; /* stands in the table */
    uint32_t n;
    struct insn code[PROG_CODE];
};

struct prog {
    uint32_t ntypes, nfuncs;
    struct sig type[PROG_TYPES];
    struct func func[PROG_FUNCS];
};

/* The part of `from` that is in use. */
void prog_copy(struct prog *to, const struct prog *from);
/* The number of a type, which is added if it is new; the last one if there are too many. */
uint32_t prog_type(struct prog *p, const char *params, const char *results);

struct world;
/* The module. Offsets of instructions are as in `p`. */
void prog_emit(const struct prog *p, const struct world *w, struct bytes *out);
/* For people: close to the text format. */
void prog_print(const struct prog *p, const struct world *w, FILE *out);

/* What an instruction takes from the stack and puts there, as numbers; false for those that open,
 * close or leave blocks. */
bool prog_effect(const struct prog *p, const struct world *w, const struct insn *i, uint32_t *pops,
                 uint32_t *pushes);

/* ---- random numbers: the same everywhere ---- */

struct rng {
    uint64_t s;
};
static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = r->s += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
    return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}
/* True in `percent` of 100 cases. */
static inline bool rng_chance(struct rng *r, uint32_t percent)
{
    return rng_below(r, 100) < percent;
}

#endif
