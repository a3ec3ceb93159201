/* Values that depend on null tests and tags, against every concrete situation that they describe:
 * random states, operators, selects and tests. Nothing may be lost: what can happen must be
 * described by the result. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/unit/reference_numeric.h"
#include "verifier/own_state.h"

enum { NVALUES = 5, SYMBOLS = 2, BLOCK = 0, ENDPOINT = 1, ROUNDS = 30000, SAMPLES = 8, LABELS = 5 };

/* check's own assertions write to a file each time. */
#define MUST(holds, ...)                                                                           \
    do {                                                                                           \
        if (!(holds))                                                                              \
            ck_abort_msg(__VA_ARGS__);                                                             \
    } while (0)

static uint64_t seed = 1;
static uint32_t below(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) * n >> 31);
}

/* ---- concrete situations ---- */

/* Which case each variable has, and which numbers of OV_TOP stand for zero. */
struct situation {
    uint32_t null, tag; /* enum cases */
    bool zero[SYMBOLS + 1];
};

static bool in(uint64_t mask, uint32_t c)
{
    return mask & CASE_BIT(c);
}

static bool possible(const struct own_state *s, const struct situation *w)
{
    const struct own_res *b = &s->res[BLOCK];
    bool null = b->kind == RES_NONE ? w->null == CASE_ABSENT
                : b->maybe          ? true
                                    : w->null == CASE_PRESENT;
    return null && in(own_pending(&s->res[ENDPOINT]), w->tag);
}

/* What a value is then; ENTRY_... if not one number. *known: false if the table has no such case.
 */
static int64_t entry_of(const struct own_value *v, const struct situation *w, bool *known)
{
    *known = true;
    if (v->kind == OV_CONST)
        return v->x;
    if (v->kind == OV_TOP)
        return v->x == 0 ? ENTRY_ANY : w->zero[v->x / 2] != v->x % 2 ? 0 : ENTRY_NONZERO;
    const struct own_table *t = v->table;
    uint32_t at = 0;
    for (uint32_t k = 0; k < t->nvars; k++) {
        uint32_t c = t->var[k].kind == VAR_NULL ? w->null : w->tag;
        *known &= in(t->var[k].mask, c);
        at = at * (uint32_t)__builtin_popcountll(t->var[k].mask) +
             (uint32_t)__builtin_popcountll(t->var[k].mask & (CASE_BIT(c) - 1));
    }
    return *known ? t->entry[at] : ENTRY_ANY;
}

static bool contains(int64_t e, uint32_t x)
{
    return e == ENTRY_ANY || (e == ENTRY_NONZERO ? x != 0 : e == x);
}

static bool describes(const struct own_value *v, const struct situation *w, uint32_t x)
{
    bool known;
    int64_t e = entry_of(v, w, &known);
    return known && contains(e, x);
}

/* Some of the numbers that an entry stands for. */
static uint32_t samples(int64_t e, uint32_t *out)
{
    static const uint32_t any[SAMPLES] = {0, 1, 2, 31, 33, 0x7fffffff, 0x80000000, 0xffffffff};
    uint32_t n = 0;
    for (uint32_t i = 0; e < 0 && i < SAMPLES; i++)
        if (contains(e, any[i]))
            out[n++] = any[i];
    if (e >= 0)
        out[n++] = (uint32_t)e;
    return n;
}

static bool next_situation(struct situation *w)
{
    static const uint32_t tags[] = {0, 1, 2, CASE_CLOSED, CASE_NONE};
    uint32_t k = 0;
    while (tags[k] != w->tag)
        k++;
    for (uint32_t i = 1; i <= SYMBOLS; i++)
        if ((w->zero[i] = !w->zero[i]))
            return true;
    w->null = !w->null;
    if (w->null)
        return true;
    w->tag = tags[(k + 1) % ARRAY_LEN(tags)];
    return k + 1 < ARRAY_LEN(tags);
}

/* ---- random states ---- */

static int64_t random_entry(void)
{
    static const int64_t some[] = {0,  1,          1,          2, 3,  33, 0x80000000, -1,
                                   -1, 0xffffffff, 0xfffffffe, 0, -2, -2, 0xff,       0x8000};
    return some[below(ARRAY_LEN(some))];
}

static struct own_value random_value(struct arena *a, const struct own_state *s)
{
    uint32_t how = below(8);
    if (how == 0)
        return (struct own_value){.kind = OV_TOP, .x = below(4) ? 2 + below(2 * SYMBOLS) : 0};
    if (how < 3) {
        int64_t e = random_entry();
        return (struct own_value){.kind = OV_CONST, .x = e < 0 ? 0 : (uint32_t)e};
    }
    struct own_table head = {.nvars = how == 3 ? 0 : how == 4 ? 2 : 1, .nentries = 1};
    for (uint32_t k = 0; k < head.nvars; k++) {
        bool tag = head.nvars == 2 ? k == 1 : how > 5;
        struct own_var *v = &head.var[k];
        *v = (struct own_var){tag ? VAR_TAG : VAR_NULL, tag ? ENDPOINT : BLOCK, UINT64_MAX};
        v->mask = own_cases(s, v);
        if (below(3) == 0) /* made when more was possible */
            v->mask |= tag ? CASE_BIT(below(3)) : 3;
        head.nentries *= (uint32_t)__builtin_popcountll(v->mask);
    }
    struct own_table *t = arena_alloc(a, sizeof *t + head.nentries * sizeof t->entry[0]);
    *t = head;
    for (uint32_t i = 0; i < t->nentries; i++)
        t->entry[i] = t->nvars ? random_entry() : ENTRY_NONZERO;
    return (struct own_value){OV_TABLE, 0, t};
}

/* A block that may be null, and an endpoint whose next message is one of several. */
static struct own_state *random_state(struct arena *a)
{
    struct own_state *s = own_state_new(a, NVALUES, NVALUES + 2);
    struct own_res b = {.kind = RES_BLOCK, .maybe = below(4) != 0};
    struct own_res e = {.kind = RES_ENDPOINT, .states = 1};
    while (!e.pend)
        e.pend = (below(8) | (uint64_t)below(4) << CASE_CLOSED);
    own_res_add(a, s, &b);
    own_res_add(a, s, &e);
    s->nsymbols = SYMBOLS;
    for (uint32_t i = 0; i < NVALUES; i++)
        s->v[i] = random_value(a, s);
    return s;
}

/* ---- operators ---- */

static bool is_operator(uint32_t op, bool *binary)
{
    const struct opcode_info *o = &opcode_table[op];
    *binary = strcmp(o->pops, "ii") == 0;
    return (*binary || strcmp(o->pops, "i") == 0) && strcmp(o->pushes, "i") == 0 && o->width == 0 &&
           o->imm == IMM_NONE;
}

static void check_operator(uint32_t op, bool binary, const struct own_value *x,
                           const struct own_value *y, const struct own_value *r,
                           const struct situation *w)
{
    uint32_t xs[SAMPLES], ys[SAMPLES], nx, ny = 1;
    bool known;
    nx = samples(entry_of(x, w, &known), xs);
    ys[0] = 0;
    if (binary)
        ny = samples(entry_of(y, w, &known), ys);
    for (uint32_t i = 0; i < nx; i++)
        for (uint32_t k = 0; k < ny; k++) {
            enum trap trap = TRAP_NONE;
            uint32_t out = (uint32_t)ref_numeric((enum opcode)op, xs[i], ys[k], &trap);
            MUST(trap != TRAP_NONE || describes(r, w, out), "%s of %x and %x is %x",
                 opcode_table[op].text, xs[i], ys[k], out);
        }
}

START_TEST(test_operators)
{
    struct arena a = {0};
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct own_state *s = random_state(&a);
        uint32_t op;
        bool binary;
        do
            op = below(OP_N);
        while (!is_operator(op, &binary));
        struct own_value x = s->v[0], y = s->v[1];
        struct own_value r = own_eval(&a, s, op, x, binary ? &y : NULL);
        struct situation w = {0};
        do {
            if (possible(s, &w))
                check_operator(op, binary, &x, &y, &r, &w);
        } while (next_situation(&w));
        if (round % 256 == 0)
            arena_reset(&a);
    }
    arena_clear(&a);
}
END_TEST

/* Numbers of which nothing depends on a test: all operators, all pairs of these. */
START_TEST(test_constants)
{
    static const uint32_t some[] = {0,    1,    2,      3,      7,      31,         32,       33,
                                    0x7f, 0x80, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 1u << 31, ~0u};
    struct arena a = {0};
    struct own_state *s = random_state(&a);
    bool binary;
    for (uint32_t op = 0; op < OP_N; op++)
        for (uint32_t i = 0; is_operator(op, &binary) && i < ARRAY_LEN(some); i++)
            for (uint32_t k = 0; k < ARRAY_LEN(some); k++) {
                struct own_value x = {OV_CONST, some[i], NULL}, y = {OV_CONST, some[k], NULL};
                struct own_value r = own_eval(&a, s, op, x, binary ? &y : NULL);
                struct situation w = {0};
                check_operator(op, binary, &x, &y, &r, &w);
            }
    arena_clear(&a);
}
END_TEST

START_TEST(test_select)
{
    struct arena a = {0};
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct own_state *s = random_state(&a);
        const struct own_value *v = s->v;
        struct own_value r = own_eval_select(&a, s, v[0], v[1], v[2]);
        struct situation w = {0};
        do {
            uint32_t cs[SAMPLES], xs[SAMPLES], nc;
            bool known;
            nc = possible(s, &w) ? samples(entry_of(&v[2], &w, &known), cs) : 0;
            for (uint32_t i = 0; i < nc; i++)
                for (uint32_t n = samples(entry_of(&v[cs[i] == 0], &w, &known), xs), k = 0; k < n;
                     k++)
                    MUST(describes(&r, &w, xs[k]), "select of %x", xs[k]);
        } while (next_situation(&w));
        if (round % 256 == 0)
            arena_reset(&a);
    }
    arena_clear(&a);
}
END_TEST

/* ---- tests ---- */

static bool passes(uint32_t x, enum own_test want, const struct own_targets *t)
{
    if (want == TEST_IN)
        return t->label_of[x < t->n ? x : t->n] == t->label;
    return (x != 0) == (want == TEST_NONZERO);
}

/* Situation w has x in value 0 and passes the test: the refined state must still describe it. */
static void check_refined(const struct own_state *before, const struct own_state *after,
                          const struct situation *w, uint32_t x)
{
    MUST(possible(after, w), "null %u, tag %u is ruled out", w->null, w->tag);
    MUST(describes(&after->v[0], w, x), "the tested value cannot be %x", x);
    for (uint32_t i = 1; i < NVALUES; i++) {
        uint32_t xs[SAMPLES], n;
        bool known;
        n = samples(entry_of(&before->v[i], w, &known), xs);
        for (uint32_t k = 0; k < n; k++)
            MUST(describes(&after->v[i], w, xs[k]), "value %u cannot be %x", i, xs[k]);
    }
}

/* Is there anything that the state no longer knows, though no situation needs it? It may know less
 * than it could, but a case that no situation has must go. */
static void check_narrow(const struct own_state *after, uint64_t tags)
{
    MUST(!(own_pending(&after->res[ENDPOINT]) & ~tags), "a tag is left that cannot be");
}

START_TEST(test_tests)
{
    struct arena a = {0};
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct own_state *s = random_state(&a), *after = own_state_copy(&a, s);
        uint32_t label_of[LABELS];
        struct own_targets t = {label_of, below(LABELS), below(3)};
        enum own_test want = (enum own_test)below(3);
        for (uint32_t i = 0; i < LABELS; i++)
            label_of[i] = below(3);
        uint64_t tags = 0, work = 0;
        bool alive = own_refine(&a, after, s->v[0], want, &t, &work), reached = false;
        struct situation w = {0};
        do {
            uint32_t xs[SAMPLES], n;
            bool known;
            n = possible(s, &w) ? samples(entry_of(&s->v[0], &w, &known), xs) : 0;
            for (uint32_t k = 0; k < n; k++)
                if (passes(xs[k], want, &t)) {
                    MUST(alive, "%x does pass", xs[k]);
                    check_refined(s, after, &w, xs[k]);
                    tags |= CASE_BIT(w.tag);
                    reached = true;
                }
        } while (next_situation(&w));
        if (alive && reached && want != TEST_IN)
            check_narrow(after, tags);
        if (round % 256 == 0)
            arena_reset(&a);
    }
    arena_clear(&a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("verifier_table");
    TCase *t = tcase_create("values");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, test_constants);
    tcase_add_test(t, test_operators);
    tcase_add_test(t, test_select);
    tcase_add_test(t, test_tests);
    suite_add_tcase(s, t);
    return run_suite(s, "verifier_table");
}
