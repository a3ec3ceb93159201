/* Every numeric operator over boundary values, against plain C, in every place where its operands
 * and its result can be: locals, constants, accumulators; results returned, stored, or used as a
 * condition. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/unit/engine_run.h"
#include "tests/unit/reference_numeric.h"
#include "tests/unit/wasm_build.h"

/* ---- boundary values ---- */

enum { NVALUES = 16 };

static const uint32_t i32_values[NVALUES] = {
    0,      1,      2,      31,         32,         33,         0x7f,       0x80,
    0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff};
static const uint64_t i64_values[NVALUES] = {0,
                                             1,
                                             63,
                                             64,
                                             0x7fff,
                                             0xffffffffffff8000,
                                             0x7fffffff,
                                             0x80000000,
                                             0xffffffff,
                                             0x100000000,
                                             0xffffffff80000000,
                                             0xffffffff7fffffff,
                                             INT64_MAX,
                                             UINT64_C(1) << 63,
                                             (UINT64_C(1) << 63) + 1,
                                             UINT64_MAX};
static const uint32_t f32_values[NVALUES] = {0,
                                             0x80000000,
                                             0x3f800000,
                                             0xbf7fffff,
                                             0x3f000000,
                                             0xc0200000 /* -2.5 */,
                                             0x4b000001,
                                             0x4f000000 /* 2^31 */,
                                             0xcf000000,
                                             0x4f7fffff,
                                             0x5f000000 /* 2^63 */,
                                             0xdf000001,
                                             0x7f800000,
                                             0xff800000,
                                             0x7fc00000,
                                             0x7fa00001 /* signalling */};
static const uint64_t f64_values[NVALUES] = {0,
                                             UINT64_C(1) << 63,
                                             0x3ff0000000000000,
                                             0xbfefffffffffffff,
                                             0x3fe0000000000000,
                                             0xc004000000000000,
                                             0x4330000000000001,
                                             0x41dfffffffc00000 /* 2^31 - 1 */,
                                             0xc1e0000000200000 /* -2^31 - 1 */,
                                             0x41efffffffe00000 /* 2^32 - 1 */,
                                             0x43e0000000000000 /* 2^63 */,
                                             0xc3e0000000000001,
                                             0x7ff0000000000000,
                                             0xfff0000000000000,
                                             0x7ff8000000000000,
                                             0x7ff4000000000001};

static uint64_t value(uint8_t type, uint32_t i)
{
    switch (type) {
    case VT_I32:
        return i32_values[i];
    case VT_I64:
        return i64_values[i];
    case VT_F32:
        return f32_values[i];
    default:
        return f64_values[i];
    }
}

/* ---- functions around an operator ---- */

/* Where an operand is. */
enum place { LOCAL, COMPUTED, CONSTANT, PLACE_N };
/* What is done with the result. */
enum use { RETURNED, ASSIGNED, TEED, AS_IF, AS_IF_NOT, AS_LOOP, USE_N };

struct form {
    enum place x, y;
    enum use use;
    uint32_t xi, yi; /* constants */
};

static struct {
    enum opcode op;
    uint8_t in, out; /* types */
    bool binary;
    struct bytes body;
    uint32_t nforms;
    struct form forms[400];
} u;

static void put_operand(enum place p, uint32_t local, uint32_t constant)
{
    struct bytes *b = &u.body;
    if (p == CONSTANT) {
        put_const(b, u.in, value(u.in, constant));
        return;
    }
    put_op_u32(b, OP_LOCAL_GET, local);
    if (p == LOCAL)
        return;
    /* something that changes nothing, not even the bits of a NaN, and leaves the value in the
     * accumulator */
    if (u.in == VT_I32 || u.in == VT_I64) {
        put_const(b, u.in, 0);
        put_op(b, u.in == VT_I32 ? OP_I32_OR : OP_I64_OR);
    } else {
        put_op_u32(b, OP_LOCAL_GET, local);
        put_op(b, u.in == VT_F32 ? OP_F32_COPYSIGN : OP_F64_COPYSIGN);
    }
}

/* Locals: operands 0 and 1, then the result's 2, then an i32. */
static void put_body(const struct form *f)
{
    struct bytes *b = &u.body;
    b->n = 0;
    put_raw(b, (uint8_t[]){2, 1, u.out, 1, VT_I32}, 5);
    if (f->use == AS_LOOP) { /* the second time round: it was true */
        put_op(b, OP_LOOP);
        put_byte(b, 0x40);
        put_op_u32(b, OP_LOCAL_GET, 3);
        put_op(b, OP_IF);
        put_byte(b, 0x40);
        put_const(b, VT_I32, 1);
        put_op(b, OP_RETURN);
        put_op(b, OP_END);
        put_const(b, VT_I32, 1);
        put_op_u32(b, OP_LOCAL_SET, 3);
    }
    put_operand(f->x, 0, f->xi);
    if (u.binary)
        put_operand(f->y, 1, f->yi);
    put_op(b, u.op);
    switch (f->use) {
    case RETURNED:
    case USE_N:
        break;
    case ASSIGNED:
        put_op_u32(b, OP_LOCAL_SET, 2);
        put_op_u32(b, OP_LOCAL_GET, 2);
        break;
    case TEED:
        put_op_u32(b, OP_LOCAL_TEE, 2);
        put_op(b, OP_DROP);
        put_op_u32(b, OP_LOCAL_GET, 2);
        break;
    case AS_IF_NOT:
        put_op(b, OP_I32_EQZ);
        __attribute__((fallthrough));
    case AS_IF:
        put_op(b, OP_IF);
        put_byte(b, VT_I32);
        put_const(b, VT_I32, f->use == AS_IF);
        put_op(b, OP_ELSE);
        put_const(b, VT_I32, f->use != AS_IF);
        put_op(b, OP_END);
        break;
    case AS_LOOP:
        put_op_u32(b, OP_BR_IF, 0);
        put_op(b, OP_END);
        put_const(b, VT_I32, 0);
        break;
    }
    put_op(b, OP_END);
}

static void plan_forms(void)
{
    enum use uses = u.out == VT_I32 ? USE_N : AS_IF;
    u.nforms = 0;
    for (enum use use = RETURNED; use < uses; use++)
        for (enum place x = LOCAL; x < PLACE_N; x++)
            for (enum place y = LOCAL; y < (u.binary ? PLACE_N : COMPUTED); y++) {
                uint32_t nx = x == CONSTANT ? NVALUES : 1, ny = y == CONSTANT ? NVALUES : 1;
                if (nx == NVALUES && ny == NVALUES)
                    nx = 1; /* one constant against all */
                if (use != RETURNED && ny == NVALUES)
                    ny = 4;
                for (uint32_t i = 0; i < nx * ny; i++)
                    u.forms[u.nforms++] = (struct form){x, y, use, i / ny, i % ny};
                ck_assert_uint_lt(u.nforms, ARRAY_LEN(u.forms) - NVALUES);
            }
}

static void put_module(struct bytes *m)
{
    struct bytes s = {0};
    const struct opcode_info *o = &opcode_table[u.op];
    put_header(m);
    put_u32(&s, 1);
    put_functype(&s, (char[]){o->pops[0], o->pops[0], 0}, o->pushes);
    put_section(m, 1, &s);
    put_u32(&s, u.nforms);
    for (uint32_t i = 0; i < u.nforms; i++)
        put_u32(&s, 0);
    put_section(m, 3, &s);
    put_u32(&s, u.nforms);
    for (uint32_t i = 0; i < u.nforms; i++) {
        put_body(&u.forms[i]);
        put_sized(&s, &u.body);
    }
    put_section(m, 10, &s);
    free(s.p);
}

/* Bits that the specification leaves open: any arithmetic NaN will do, where the operator computes.
 */
static bool right(uint64_t got, uint64_t want)
{
    if (got == want)
        return true;
    switch (u.op) {
    case OP_F32_ABS:
    case OP_F32_NEG:
    case OP_F32_COPYSIGN:
    case OP_F64_ABS:
    case OP_F64_NEG:
    case OP_F64_COPYSIGN:
        return false;
    default:
        if (u.out == VT_F32)
            return isnan(as_f32(want)) && isnan(as_f32(got)) && (got & 0x400000) && got >> 32 == 0;
        return u.out == VT_F64 && isnan(as_f64(want)) && isnan(as_f64(got)) &&
               (got & UINT64_C(1) << 51);
    }
}

static void check_form(struct rig *g, struct instance *inst, uint32_t i)
{
    const struct form *f = &u.forms[i];
    for (uint32_t k = 0; k < NVALUES * NVALUES; k++) {
        uint32_t xi = f->x == CONSTANT ? f->xi : k / NVALUES,
                 yi = f->y == CONSTANT ? f->yi : k % NVALUES;
        uint64_t args[2] = {value(u.in, xi), value(u.in, yi)};
        enum trap want_trap;
        uint64_t want = ref_numeric(u.op, args[0], args[1], &want_trap);
        if (f->use >= AS_IF)
            want = want != 0;
        enum trap trap = rig_call(g, inst, i, args);
        uint64_t got = exec_results(g->sip)[0];
        if (trap != want_trap || (trap == TRAP_NONE && !right(got, want)))
            ck_abort_msg("%s %#llx %#llx (places %d %d, use %d): %#llx %s, wanted %#llx %s",
                         opcode_table[u.op].text, (unsigned long long)args[0],
                         (unsigned long long)args[1], f->x, f->y, f->use, (unsigned long long)got,
                         trap_name(trap), (unsigned long long)want, trap_name(want_trap));
        if (!u.binary && k % NVALUES == 0)
            k += NVALUES - 1;
    }
}

static bool numeric(enum opcode op)
{
    const struct opcode_info *o = &opcode_table[op];
    size_t n = strlen(o->pops);
    return o->width == 0 && strlen(o->pushes) == 1 && !strpbrk(o->pushes, "*pr") &&
           !strpbrk(o->pops, "*pr") && (n == 1 || (n == 2 && o->pops[0] == o->pops[1])) &&
           op != OP_MEMORY_GROW;
}

START_TEST(operators_agree_with_c)
{
    struct rig g;
    struct bytes m = {0};
    uint32_t n = 0;
    rig_open(&g, MEMORY_COMPACT, (struct spawn_options){0});
    for (enum opcode op = OP_INVALID; op < OP_N; op++) {
        if (!numeric(op))
            continue;
        const struct opcode_info *o = &opcode_table[op];
        u.op = op;
        u.in = opcode_letter_type(o->pops[0]);
        u.out = opcode_letter_type(o->pushes[0]);
        u.binary = o->pops[1] != 0;
        plan_forms();
        put_module(&m);
        struct instance *inst = rig_load(&g, m.p, m.n, NULL, NULL);
        for (uint32_t i = 0; i < u.nforms; i++)
            check_form(&g, inst, i);
        rig_reap(&g);
        rig_spawn(&g, MEMORY_COMPACT, (struct spawn_options){0});
        n++;
    }
    ck_assert_uint_eq(n, 136);
    rig_close(&g);
    free(m.p);
    free(u.body.p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_numeric");
    TCase *c = tcase_create("numeric");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, operators_agree_with_c);
    suite_add_tcase(suite, c);
    return run_suite(suite, "engine_numeric");
}
