/* Random programs on the interpreter and on the reference: same results, traps and places, memory
 * and globals, in both memory modes, and with an interruption at every chance. The generator
 * follows types, and prefers what is hard for a translator with a lazy operand stack: statements
 * between operands, assignments to locals that are still wanted, values below blocks, branches that
 * carry values. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/unit/engine_run.h"
#include "tests/unit/reference.h"
#include "tests/unit/wasm_build.h"

enum { NFUNCS = 4, NPARAMS = 4, NLOCALS = 12, NGLOBALS = 4, LABELS_MAX = 24 };

/* Parameters and locals: types in turn; the last two floats are scratch of canonical(). */
static const char types4[] = "iIfF";
static uint8_t local_type(uint32_t x)
{
    return opcode_letter_type(types4[x % 4]);
}

struct gen {
    uint64_t seed;
    struct bytes b;
    uint32_t func, depth;
    uint32_t budget; /* instructions still to make */
    struct {
        uint8_t type;
    } labels[LABELS_MAX]; /* 0: carries nothing; innermost last */
    uint32_t nlabels;
    uint8_t result;
    uint32_t recent; /* the local got last: the one to assign to */
};

static uint32_t rnd(struct gen *g, uint32_t n)
{
    g->seed = g->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((g->seed >> 33) % n);
}

static uint8_t any_type(struct gen *g)
{
    return opcode_letter_type(types4[rnd(g, 4)]);
}

static uint64_t any_bits(struct gen *g, uint8_t type)
{
    static const uint64_t edge[] = {0,
                                    1,
                                    2,
                                    3,
                                    7,
                                    31,
                                    32,
                                    63,
                                    64,
                                    255,
                                    0x7fff,
                                    0x8000,
                                    0xffff,
                                    0x10000,
                                    0x7fffffff,
                                    0x80000000,
                                    0xffffffff,
                                    0x100000000,
                                    0x7fffffffffffffff,
                                    0x8000000000000000,
                                    0xffffffffffffffff,
                                    0xfffffffffffffffe,
                                    0xffffffff80000000,
                                    0xffffffffffff8000};
    static const double reals[] = {
        0,     -0.0,   1,        -1,        0.5,          1.5,          2.5,
        -2.5,  1e10,   -1e10,    1e20,      2147483647.5, 4294967295.0, 9.3e18,
        1e300, 1e-300, INFINITY, -INFINITY, NAN};
    double r = reals[rnd(g, ARRAY_LEN(reals))];
    switch (type) {
    case VT_F32:
        return from_f32((float)r);
    case VT_F64:
        return from_f64(r);
    case VT_I32:
        return (uint32_t)(rnd(g, 3) ? edge[rnd(g, ARRAY_LEN(edge))] : rnd(g, 100000));
    default:
        return rnd(g, 3) ? edge[rnd(g, ARRAY_LEN(edge))] : (uint64_t)rnd(g, 1u << 31) << rnd(g, 33);
    }
}

static void expr(struct gen *g, uint8_t type);
static void statement(struct gen *g);

static uint32_t a_local(struct gen *g, uint8_t type)
{
    uint32_t x;
    do
        x = rnd(g, NLOCALS);
    while (local_type(x) != type);
    return x;
}

static void get_local(struct gen *g, uint8_t type)
{
    uint32_t x = a_local(g, type);
    put_op_u32(&g->b, OP_LOCAL_GET, x);
    g->recent = x;
}

/* A NaN's bits may differ between implementations: replaces it by 0 before its bits matter. */
static void canonical(struct gen *g, uint8_t type)
{
    uint32_t scratch = type == VT_F32 ? NLOCALS + 2 : NLOCALS + 3;
    put_op_u32(&g->b, OP_LOCAL_TEE, scratch);
    put_const(&g->b, type, 0);
    put_op_u32(&g->b, OP_LOCAL_GET, scratch);
    put_op_u32(&g->b, OP_LOCAL_GET, scratch);
    put_op(&g->b, type == VT_F32 ? OP_F32_EQ : OP_F64_EQ);
    put_op(&g->b, OP_SELECT);
}

static bool is_float(uint8_t type)
{
    return type == VT_F32 || type == VT_F64;
}

/* An operator that gives `type`, of those whose row says everything; address operands are kept
 * small mostly. */
static void operator_(struct gen *g, uint8_t type)
{
    const struct opcode_info *o;
    enum opcode op;
    do {
        op = (enum opcode)(OP_I32_LOAD + rnd(g, OP_I64_TRUNC_SAT_F64_U - OP_I32_LOAD + 1));
        o = &opcode_table[op];
    } while (strlen(o->pushes) != 1 || opcode_letter_type(o->pushes[0]) != type || !*o->pops ||
             strpbrk(o->pops, "*pr") || op == OP_MEMORY_GROW);
    bool reinterprets = op == OP_I32_REINTERPRET_F32 || op == OP_I64_REINTERPRET_F64 ||
                        op == OP_F32_COPYSIGN || op == OP_F64_COPYSIGN;
    for (const char *p = o->pops; *p; p++) {
        uint8_t t = opcode_letter_type(*p);
        expr(g, t);
        if (reinterprets && is_float(t))
            canonical(g, t);
        if (p[1] && rnd(g, 4) == 0)
            statement(g);
    }
    if (o->width) {
        if (rnd(g, 8)) {
            put_const(&g->b, VT_I32, 0x7ff8);
            put_op(&g->b, OP_I32_AND);
        }
        if (rnd(g, 3) == 0) {
            get_local(g, VT_I32);
            put_const(&g->b, VT_I32, 0xff);
            put_op(&g->b, OP_I32_AND);
            put_op(&g->b, OP_I32_ADD);
        } else if (rnd(g, 3) == 0) {
            put_const(&g->b, VT_I32, (uint64_t)(uint32_t)(int32_t)(rnd(g, 64) - 32));
            put_op(&g->b, OP_I32_ADD);
        }
    }
    put_op(&g->b, op);
    if (o->width) {
        put_u32(&g->b, 0);
        put_u32(&g->b, rnd(g, 4)   ? rnd(g, 64)
                       : rnd(g, 4) ? rnd(g, 70000)
                                   : (uint32_t)any_bits(g, VT_I32));
    }
}

static void open_label(struct gen *g, uint8_t type)
{
    g->labels[g->nlabels++].type = type;
}

static void put_blocktype(struct gen *g, uint8_t type)
{
    put_byte(&g->b, type ? type : 0x40);
}

/* Leaves the innermost blocks for one that takes what we have. */
static void branch(struct gen *g, bool conditional)
{
    uint32_t depth = rnd(g, g->nlabels);
    uint8_t t = g->labels[g->nlabels - 1 - depth].type;
    if (t)
        expr(g, t);
    if (conditional)
        expr(g, VT_I32);
    put_op_u32(&g->b, conditional ? OP_BR_IF : OP_BR, depth);
    if (conditional && t)
        put_op(&g->b, OP_DROP);
}

static void branch_table(struct gen *g)
{
    uint32_t first = rnd(g, g->nlabels), n = rnd(g, 6);
    uint8_t t = g->labels[g->nlabels - 1 - first].type;
    if (t)
        expr(g, t);
    expr(g, VT_I32);
    put_const(&g->b, VT_I32, 7);
    put_op(&g->b, OP_I32_AND);
    put_op_u32(&g->b, OP_BR_TABLE, n);
    for (uint32_t i = 0; i <= n; i++) {
        uint32_t depth = rnd(g, g->nlabels);
        put_u32(&g->b, g->labels[g->nlabels - 1 - depth].type == t ? depth : first);
    }
}

static void statements(struct gen *g, uint32_t n)
{
    while (n--)
        statement(g);
}

/* A block of some kind with a result, or none if type is 0. */
static void block(struct gen *g, uint8_t type)
{
    uint32_t kind = rnd(g, 3);
    if (kind == 2)
        expr(g, VT_I32);
    put_op(&g->b, kind == 0 ? OP_BLOCK : kind == 1 ? OP_LOOP : OP_IF);
    put_blocktype(g, type);
    open_label(g, kind == 1 ? 0 : type);
    statements(g, rnd(g, 4));
    if (type)
        expr(g, type);
    if (kind == 2 && (type || rnd(g, 2))) {
        put_op(&g->b, OP_ELSE);
        statements(g, rnd(g, 3));
        if (type)
            expr(g, type);
    }
    put_op(&g->b, OP_END);
    g->nlabels--;
}

/* Blocks with parameters: types 1 + t of the module, (t, i32) -> (i32, t). */
static void parameter_block(struct gen *g, uint8_t type)
{
    uint32_t t = (uint32_t)(strchr(types4, type == VT_I32   ? 'i'
                                           : type == VT_I64 ? 'I'
                                           : type == VT_F32 ? 'f'
                                                            : 'F') -
                            types4);
    uint32_t kind = rnd(g, 3);
    expr(g, type);
    expr(g, VT_I32);
    if (kind == 2)
        expr(g, VT_I32);
    put_op_u32(&g->b, kind == 0 ? OP_BLOCK : kind == 1 ? OP_LOOP : OP_IF, NFUNCS + t);
    open_label(g, 0xff); /* never branched to: it carries two */
    for (uint32_t part = 0; part < (kind == 2 ? 2u : 1u); part++) {
        if (part)
            put_op(&g->b, OP_ELSE);
        uint32_t x = a_local(g, VT_I32);
        put_op_u32(&g->b, OP_LOCAL_SET, x);
        if (rnd(g, 2))
            statement(g);
        uint32_t y = a_local(g, type);
        put_op_u32(&g->b, OP_LOCAL_TEE, y);
        put_op(&g->b, OP_DROP);
        put_op_u32(&g->b, OP_LOCAL_GET, x);
        put_op_u32(&g->b, OP_LOCAL_GET, y);
    }
    put_op(&g->b, OP_END);
    g->nlabels--;
    uint32_t y = a_local(g, type);
    put_op_u32(&g->b, OP_LOCAL_SET, y);
    put_op(&g->b, OP_DROP);
    put_op_u32(&g->b, OP_LOCAL_GET, y);
}

static void call(struct gen *g, uint8_t type)
{
    uint32_t first = g->func + 1, callee = NFUNCS;
    for (uint32_t i = first; i < NFUNCS; i++)
        if (local_type(i) == type)
            callee = i;
    if (callee == NFUNCS) {
        put_const(&g->b, type, any_bits(g, type));
        return;
    }
    for (uint32_t i = 0; i < NPARAMS; i++)
        expr(g, local_type(i));
    put_op_u32(&g->b, OP_CALL, callee);
}

static void expr(struct gen *g, uint8_t type)
{
    g->depth++;
    uint32_t k =
        g->depth > 9 || g->budget == 0 || g->nlabels > LABELS_MAX - 4 ? rnd(g, 4) : rnd(g, 24);
    if (g->budget)
        g->budget--;
    if (k < 1) {
        put_const(&g->b, type, any_bits(g, type));
    } else if (k < 4) {
        get_local(g, type);
    } else if (k < 15) {
        operator_(g, type);
    } else if (k < 17) {
        uint32_t x = a_local(g, type);
        expr(g, type);
        put_op_u32(&g->b, OP_LOCAL_TEE, x);
    } else if (k < 18) {
        expr(g, type);
        expr(g, type);
        expr(g, VT_I32);
        put_op(&g->b, OP_SELECT);
    } else if (k < 19) {
        uint32_t x;
        do
            x = rnd(g, NGLOBALS);
        while (local_type(x) != type);
        put_op_u32(&g->b, OP_GLOBAL_GET, x);
    } else if (k < 20) {
        call(g, type);
    } else if (k < 21) {
        parameter_block(g, type);
    } else if (k < 23) {
        block(g, type);
    } else {
        expr(g, type);
        statement(g);
    }
    g->depth--;
}

static void store(struct gen *g)
{
    enum opcode op = (enum opcode)(OP_I32_STORE + rnd(g, OP_I64_STORE32 - OP_I32_STORE + 1));
    uint8_t t = opcode_letter_type(opcode_table[op].pops[1]);
    expr(g, VT_I32);
    if (rnd(g, 8)) {
        put_const(&g->b, VT_I32, 0x7ff8);
        put_op(&g->b, OP_I32_AND);
    }
    if (rnd(g, 3) == 0) {
        get_local(g, VT_I32);
        put_const(&g->b, VT_I32, 0x3f);
        put_op(&g->b, OP_I32_AND);
        put_op(&g->b, OP_I32_ADD);
    }
    expr(g, t);
    if (is_float(t))
        canonical(g, t);
    put_op(&g->b, op);
    put_u32(&g->b, 0);
    put_u32(&g->b, rnd(g, 4) ? rnd(g, 64) : rnd(g, 100000));
}

static void bulk(struct gen *g)
{
    bool fill = rnd(g, 2);
    for (uint32_t i = 0; i < 3; i++) {
        expr(g, VT_I32);
        put_const(&g->b, VT_I32, i == 2 ? 0xff : 0xfff);
        put_op(&g->b, OP_I32_AND);
    }
    put_op_u32(&g->b, fill ? OP_MEMORY_FILL : OP_MEMORY_COPY, 0);
    if (!fill)
        put_u32(&g->b, 0);
}

/* A loop that ends: counts a local down. */
static void counted_loop(struct gen *g)
{
    uint32_t x = rnd(g, NLOCALS / 4) * 4;
    put_const(&g->b, VT_I32, rnd(g, 5));
    put_op_u32(&g->b, OP_LOCAL_SET, x);
    put_op(&g->b, OP_LOOP);
    put_blocktype(g, 0);
    open_label(g, 0);
    statements(g, 1 + rnd(g, 3));
    put_op_u32(&g->b, OP_LOCAL_GET, x);
    put_const(&g->b, VT_I32, 0xffffffff);
    put_op(&g->b, OP_I32_ADD);
    put_op_u32(&g->b, OP_LOCAL_TEE, x);
    put_const(&g->b, VT_I32, 0);
    put_op(&g->b, OP_I32_GT_S);
    put_op_u32(&g->b, OP_BR_IF, 0);
    put_op(&g->b, OP_END);
    g->nlabels--;
}

static void statement(struct gen *g)
{
    g->depth++;
    uint32_t k =
        g->depth > 9 || g->budget == 0 || g->nlabels > LABELS_MAX - 4 ? rnd(g, 8) : rnd(g, 20);
    if (g->budget)
        g->budget--;
    if (k < 8) {
        uint32_t x = rnd(g, 2) ? g->recent : rnd(g, NLOCALS);
        expr(g, local_type(x));
        put_op_u32(&g->b, OP_LOCAL_SET, x);
    } else if (k < 10) {
        store(g);
    } else if (k < 11) {
        uint32_t x = rnd(g, NGLOBALS);
        expr(g, local_type(x));
        put_op_u32(&g->b, OP_GLOBAL_SET, x);
    } else if (k < 12) {
        expr(g, any_type(g));
        put_op(&g->b, OP_DROP);
    } else if (k < 15) {
        block(g, 0);
    } else if (k < 16) {
        counted_loop(g);
    } else if (k < 17) {
        bulk(g);
    } else {
        bool there = false;
        for (uint32_t i = 0; i < g->nlabels; i++)
            there |= g->labels[i].type == 0xff;
        if (there)
            put_op(&g->b, OP_NOP);
        else if (k < 19)
            branch(g, true);
        else if (rnd(g, 3) == 0)
            branch_table(g);
        else if (rnd(g, 3) == 0) {
            expr(g, g->result);
            put_op(&g->b, OP_RETURN);
        } else if (rnd(g, 12) == 0)
            put_op(&g->b, OP_UNREACHABLE);
        else
            branch(g, false);
    }
    g->depth--;
}

/* A module of NFUNCS functions; function f returns a value of the type of local f. */
static void module_(struct gen *g, struct bytes *out)
{
    struct bytes s = {0}, code = {0}, body = {0};
    put_header(out);
    put_u32(&s, NFUNCS + 4);
    for (uint32_t f = 0; f < NFUNCS; f++)
        put_functype(&s, types4, (char[]){types4[f % 4], 0});
    for (uint32_t t = 0; t < 4; t++)
        put_functype(&s, (char[]){types4[t], 'i', 0}, (char[]){'i', types4[t], 0});
    put_section(out, 1, &s);
    put_u32(&s, NFUNCS);
    for (uint32_t f = 0; f < NFUNCS; f++)
        put_u32(&s, f);
    put_section(out, 3, &s);
    put_raw(&s, (uint8_t[]){1, 0, 1}, 3);
    put_section(out, 5, &s);
    put_u32(&s, NGLOBALS);
    for (uint32_t i = 0; i < NGLOBALS; i++) {
        put_byte(&s, local_type(i));
        put_byte(&s, 1);
        put_const(&s, local_type(i), any_bits(g, local_type(i)));
        put_op(&s, OP_END);
    }
    put_section(out, 6, &s);
    put_u32(&code, NFUNCS);
    for (uint32_t f = 0; f < NFUNCS; f++) {
        g->func = f;
        g->result = local_type(f);
        g->depth = 0;
        g->budget = 40 + rnd(g, 160);
        g->nlabels = 0;
        open_label(g, g->result);
        put_u32(&body, NLOCALS + 4 - NPARAMS);
        for (uint32_t x = NPARAMS; x < NLOCALS + 4; x++) {
            put_u32(&body, 1);
            put_byte(&body, local_type(x));
        }
        g->b.n = 0;
        statements(g, 2 + rnd(g, 8));
        expr(g, g->result);
        put_op(&g->b, OP_END);
        put_raw(&body, g->b.p, g->b.n);
        put_sized(&code, &body);
    }
    put_section(out, 10, &code);
    free(s.p);
    free(code.p);
    free(body.p);
}

static bool same(uint8_t type, uint64_t a, uint64_t b)
{
    if (type == VT_F32 && isnan(as_f32(a)) && isnan(as_f32(b)))
        return true;
    if (type == VT_F64 && isnan(as_f64(a)) && isnan(as_f64(b)))
        return true;
    return a == b;
}

static const char *how(char *buf, size_t size, uint64_t seed, const struct rig *g)
{
    snprintf(buf, size, "program %llu, %s%s", (unsigned long long)seed,
             g->sip->mode == MEMORY_GUARD ? "guard" : "compact",
             g->interrupts ? ", interrupted" : "");
    return buf;
}

/* Runs function 0 on the engine and compares everything with what the reference did. */
static void compare(struct rig *g, const struct bytes *m, uint64_t seed, const uint64_t *args,
                    const struct ref *r, enum trap want, uint64_t result)
{
    char text[100];
    how(text, sizeof text, seed, g);
    struct instance *inst = rig_load(g, m->p, m->n, NULL, NULL);
    enum trap got = rig_call(g, inst, 0, args);
    ck_assert_msg(got == want, "%s: trap %s, wanted %s", text, trap_name(got), trap_name(want));
    if (got == TRAP_NONE)
        ck_assert_msg(same(local_type(0), exec_results(g->sip)[0], result),
                      "%s: result %llx, wanted %llx", text,
                      (unsigned long long)exec_results(g->sip)[0], (unsigned long long)result);
    else {
        struct frame_info f;
        ck_assert_uint_ge(rig_frames(g, &f, 1), 1);
        ck_assert_msg(f.func == r->func && f.offset == r->offset,
                      "%s: trapped in %u at 0x%x, wanted %u 0x%x", text, f.func, f.offset, r->func,
                      r->offset);
    }
    for (uint32_t i = 0; i < NGLOBALS; i++)
        ck_assert_msg(same(local_type(i), *instance_global(inst, i), r->globals[i]),
                      "%s: global %u", text, i);
    ck_assert_msg(memcmp(inst->mem0->base, r->mem, r->bytes) == 0, "%s: memory", text);
}

static void one_program(struct rig rigs[3], uint64_t seed, uint32_t *ran)
{
    static uint8_t mem[65536];
    struct gen g = {.seed = seed * 977 + 1};
    struct bytes m = {0};
    module_(&g, &m);
    struct verified_module *v;
    struct diag why;
    diag_clear(&why);
    ck_assert_msg(verify(m.p, m.n, NULL, &v, &why) == OK, "program %llu: %s %s %s at 0x%x",
                  (unsigned long long)seed, status_name(why.code), why.detail, why.found,
                  why.offset);
    uint64_t globals[NGLOBALS], args[NPARAMS], result[16];
    memset(mem, 0, sizeof mem);
    for (uint32_t i = 0; i < NGLOBALS; i++)
        globals[i] = verified_view(v)->globals[i].init.bits;
    for (uint32_t i = 0; i < NPARAMS; i++)
        args[i] = any_bits(&g, local_type(i));
    struct ref r = {
        .v = verified_view(v), .mem = mem, .bytes = sizeof mem, .globals = globals, .fuel = 100000};
    enum trap want = ref_call(&r, 0, args, result);
    if (want != REF_GIVEN_UP) {
        ++*ran;
        for (uint32_t k = 0; k < 3; k++) {
            rig_reap(&rigs[k]);
            rig_spawn(&rigs[k], k == 0 ? MEMORY_GUARD : MEMORY_COMPACT, (struct spawn_options){0});
            compare(&rigs[k], &m, seed, args, &r, want, result[0]);
        }
    }
    verified_destroy(v);
    free(m.p);
    free(g.b.p);
}

START_TEST(programs_agree_with_the_reference)
{
    static struct rig rigs[3];
    const char *env = getenv("ENGINE_RANDOM_SEED"), *count = getenv("ENGINE_RANDOM_COUNT");
    uint64_t first = env ? strtoull(env, NULL, 0) : (uint64_t)_i * 1000;
    uint64_t n = count ? strtoull(count, NULL, 0) : 100;
    uint32_t ran = 0;
    for (uint32_t k = 0; k < 3; k++) {
        rig_open(&rigs[k], MEMORY_COMPACT, (struct spawn_options){0});
        rigs[k].interrupts = k == 2;
    }
    for (uint64_t i = 0; i < n; i++)
        one_program(rigs, first + i, &ran);
    for (uint32_t k = 0; k < 3; k++)
        rig_close(&rigs[k]);
    if (env)
        printf("%u of %llu programs ended in time\n", ran, (unsigned long long)n);
    ck_assert_uint_gt(ran, n / 4); /* the rest ran out of fuel */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_random");
    TCase *c = tcase_create("programs");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, programs_agree_with_the_reference, 0, 4);
    suite_add_tcase(suite, c);
    return run_suite(suite, "engine_random");
}
