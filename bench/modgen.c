/* Writes modules as bytes: groups of functions over and over, each with other constants, all of
 * them reachable through one table. */
#include "bench/modgen.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const char *const modgen_names[] = {"plain", "mixed", "references"};

struct out {
    uint8_t *p;
    size_t n, cap;
    bool failed;
};

static void put(struct out *o, const void *p, size_t n)
{
    if (o->n + n > o->cap) {
        size_t cap = 2 * (o->n + n) + 256;
        uint8_t *more = realloc(o->p, cap);
        if (!more) {
            o->failed = true;
            return;
        }
        o->p = more;
        o->cap = cap;
    }
    memcpy(o->p + o->n, p, n);
    o->n += n;
}

static void byte(struct out *o, unsigned b)
{
    uint8_t x = (uint8_t)b;
    put(o, &x, 1);
}

static void leb(struct out *o, uint32_t x)
{
    for (; x >= 128; x >>= 7)
        byte(o, 128 | (x & 127));
    byte(o, x);
}

static void text(struct out *o, const char *s)
{
    leb(o, (uint32_t)strlen(s));
    put(o, s, strlen(s));
}

/* An instruction with one index. */
static void op(struct out *o, unsigned code, uint32_t index)
{
    byte(o, code);
    leb(o, index);
}

/* i32.const of a small number that is not negative. */
static void number(struct out *o, uint32_t x)
{
    byte(o, 0x41);
    for (; x >= 64; x >>= 7)
        byte(o, 128 | (x & 127));
    byte(o, x);
}

enum {
    RETURN = 0x0f,
    END = 0x0b,
    IS_NULL = 0xd1,
    EQZ = 0x45,
    ADD = 0x6a,
    SUB = 0x6b,
    MUL = 0x6c,
    XOR = 0x73,
    SHR_U = 0x76
};
#define BLOCK(o)    op(o, 0x02, 0x40)
#define LOOP(o)     op(o, 0x03, 0x40)
#define BR(o, d)    op(o, 0x0c, d)
#define BR_IF(o, d) op(o, 0x0d, d)
#define CALL(o, f)  op(o, 0x10, f)
#define GET(o, x)   op(o, 0x20, x)
#define SET(o, x)   op(o, 0x21, x)
#define TEE(o, x)   op(o, 0x22, x)

enum { T_PLAIN, T_MAKE, T_USE, T_SERVE, T_DRIVE, T_SET, T_GET_REF, T_PUT, T_NEW, NTYPES };

static const char contract[] =
    "block Item { n: u32; next: Item; }\n"
    "contract Queue {\n"
    "    in message Put(Item item); in message Stop(); out message Done(u32 n);\n"
    "    state Ready: one { Put? -> Taken; Stop? -> end; }\n"
    "    state Taken: Done! -> Ready;\n"
    "}\n";

enum import {
    I_NEW,
    I_FREE,
    I_SET,
    I_NUMBER,
    I_PUT,
    I_TAKE,
    I_CHANNEL,
    I_PEER,
    I_ABANDON_IMP,
    I_ABANDON,
    I_NEXT,
    I_RECV_PUT,
    I_RECV_STOP,
    I_SEND,
    I_CLOSE,
    NIMPORTS
};

static const struct {
    const char *module, *name;
    unsigned type;
} imports[NIMPORTS] = {
    [I_NEW] = {"singula/Item", "new", T_NEW},
    [I_FREE] = {"singula/Item", "free", T_SERVE},
    [I_SET] = {"singula/Item", "n.set", T_SET},
    [I_NUMBER] = {"singula/Item", "n.get", T_USE},
    [I_PUT] = {"singula/Item", "next.put", T_PUT},
    [I_TAKE] = {"singula/Item", "next.take", T_GET_REF},
    [I_CHANNEL] = {"singula/Queue", "channel", T_NEW},
    [I_PEER] = {"singula/Queue", "exp.peer", T_GET_REF},
    [I_ABANDON_IMP] = {"singula/Queue", "imp.abandon", T_SERVE},
    [I_ABANDON] = {"singula/Queue", "exp.abandon", T_SERVE},
    [I_NEXT] = {"singula/Queue", "exp.next", T_USE},
    [I_RECV_PUT] = {"singula/Queue", "exp.recv.Put", T_GET_REF},
    [I_RECV_STOP] = {"singula/Queue", "exp.recv.Stop", T_SERVE},
    [I_SEND] = {"singula/Queue", "exp.send.Done", T_SET},
    [I_CLOSE] = {"singula/Queue", "exp.close", T_SERVE},
};

/* ---- bodies: each begins with its locals ---- */

/* (i32 n) -> i32: loops over memory with arithmetic that depends on k. */
static void plain(struct out *o, uint32_t k)
{
    static const uint8_t locals[] = {1, 3, 0x7f};
    put(o, locals, sizeof locals);
    for (uint32_t part = 0; part < 4; part++) {
        BLOCK(o);
        GET(o, 0), byte(o, EQZ), BR_IF(o, 0);
        LOOP(o);
        GET(o, 1), number(o, 4), byte(o, MUL), SET(o, 2);
        GET(o, 2), byte(o, 0x28), leb(o, 2), leb(o, 16 + k % 1000); /* i32.load */
        number(o, k & 0xffff), byte(o, XOR), TEE(o, 3);
        GET(o, 3), number(o, 1 + k % 31), byte(o, SHR_U), byte(o, ADD), SET(o, 3);
        GET(o, 2), GET(o, 3), byte(o, 0x36), leb(o, 2), leb(o, 16 + k % 999); /* i32.store */
        GET(o, 1), number(o, 1), byte(o, ADD), TEE(o, 1);
        GET(o, 0), byte(o, 0x49), BR_IF(o, 0); /* i32.lt_u */
        byte(o, END), byte(o, END);
    }
    GET(o, 3), byte(o, END);
}

/* (i32 n) -> Item: a list, n items of each of three sorts. */
static void make(struct out *o, uint32_t k)
{
    static const uint8_t locals[] = {2, 2, 0x6f, 1, 0x7f};
    put(o, locals, sizeof locals);
    CALL(o, I_NEW), SET(o, 1);
    GET(o, 1), number(o, k & 0xfff), CALL(o, I_SET);
    for (uint32_t sort = 0; sort < 3; sort++) {
        GET(o, 0), SET(o, 3);
        BLOCK(o), LOOP(o);
        GET(o, 3), byte(o, EQZ), BR_IF(o, 1);
        CALL(o, I_NEW), TEE(o, 2), GET(o, 3), number(o, k * sort & 0xff), byte(o, ADD);
        CALL(o, I_SET);
        GET(o, 2), GET(o, 1), CALL(o, I_PUT);
        GET(o, 2), SET(o, 1);
        GET(o, 3), number(o, 1), byte(o, SUB), SET(o, 3);
        BR(o, 0), byte(o, END), byte(o, END);
    }
    GET(o, 1), byte(o, END);
}

/* (Item list) -> i32: adds up and frees. */
static void use(struct out *o, uint32_t k)
{
    static const uint8_t locals[] = {2, 1, 0x7f, 1, 0x6f};
    put(o, locals, sizeof locals);
    number(o, k & 0xff), SET(o, 1);
    BLOCK(o), LOOP(o);
    GET(o, 0), byte(o, IS_NULL), BR_IF(o, 1);
    GET(o, 0), CALL(o, I_NUMBER), GET(o, 1), byte(o, ADD), SET(o, 1);
    GET(o, 0), CALL(o, I_TAKE), SET(o, 2);
    GET(o, 0), CALL(o, I_FREE), GET(o, 2), SET(o, 0);
    BR(o, 0), byte(o, END), byte(o, END);
    GET(o, 1), byte(o, END);
}

/* (Queue.exp@Ready): answers until the peer stops or goes; `user` is a function that frees a list.
 */
static void serve(struct out *o, uint32_t user)
{
    static const uint8_t locals[] = {1, 1, 0x6f};
    put(o, locals, sizeof locals);
    LOOP(o), BLOCK(o), BLOCK(o), BLOCK(o);
    GET(o, 0), CALL(o, I_NEXT);
    byte(o, 0x0e), leb(o, 2), leb(o, 0), leb(o, 1), leb(o, 2); /* br_table */
    byte(o, END);
    GET(o, 0), CALL(o, I_RECV_PUT), SET(o, 1);
    GET(o, 0), GET(o, 1), CALL(o, user), CALL(o, I_SEND);
    BR(o, 2), byte(o, END);
    GET(o, 0), CALL(o, I_RECV_STOP), GET(o, 0), CALL(o, I_CLOSE), byte(o, RETURN);
    byte(o, END);
    GET(o, 0), CALL(o, I_ABANDON), byte(o, RETURN);
    byte(o, END), byte(o, 0), byte(o, END);
}

/* (): calls the group's functions: those without references from `first` on, then the others. */
static void drive(struct out *o, uint32_t first, uint32_t nplain, uint32_t k)
{
    static const uint8_t locals[] = {1, 2, 0x6f};
    put(o, locals, sizeof locals);
    number(o, k & 0xffff);
    for (uint32_t i = 0; i < nplain; i++)
        CALL(o, first++);
    CALL(o, first), CALL(o, first + 1), byte(o, 0x1a); /* drop */
    BLOCK(o);
    CALL(o, I_CHANNEL), TEE(o, 0), byte(o, IS_NULL), BR_IF(o, 0);
    GET(o, 0), CALL(o, I_PEER), SET(o, 1);
    BLOCK(o), GET(o, 1), byte(o, IS_NULL), BR_IF(o, 0), GET(o, 1), CALL(o, I_ABANDON_IMP);
    byte(o, END);
    GET(o, 0), CALL(o, first + 2);
    byte(o, END), byte(o, END);
}

static void drive_plain(struct out *o, uint32_t first, uint32_t k)
{
    byte(o, 0);
    number(o, k & 0xffff), CALL(o, first), byte(o, 0x1a), byte(o, END);
}

/* ---- sections ---- */

/* A section, or a body, with its length in front. `part` is used up. */
static void wrap(struct out *o, struct out *part)
{
    leb(o, (uint32_t)part->n);
    put(o, part->p, part->n);
    o->failed |= part->failed;
    free(part->p);
    *part = (struct out){0};
}

static void section(struct out *o, unsigned id, struct out *part)
{
    byte(o, id);
    wrap(o, part);
}

static void put_types(struct out *o)
{
    static const uint8_t types[] = {NTYPES,                      /* */
                                    0x60,   1, 0x7f, 1,    0x7f, /* T_PLAIN: i32 -> i32 */
                                    0x60,   1, 0x7f, 1,    0x6f, /* T_MAKE: i32 -> ref */
                                    0x60,   1, 0x6f, 1,    0x7f, /* T_USE: ref -> i32 */
                                    0x60,   1, 0x6f, 0,          /* T_SERVE: ref -> */
                                    0x60,   0, 0,                /* T_DRIVE */
                                    0x60,   2, 0x6f, 0x7f, 0,    /* T_SET: ref, i32 -> */
                                    0x60,   1, 0x6f, 1,    0x6f, /* T_GET_REF: ref -> ref */
                                    0x60,   2, 0x6f, 0x6f, 0,    /* T_PUT: ref, ref -> */
                                    0x60,   0, 1,    0x6f};      /* T_NEW: -> ref */
    struct out s = {0};
    put(&s, types, sizeof types);
    section(o, 1, &s);
}

static void put_imports(struct out *o)
{
    struct out s = {0};
    leb(&s, NIMPORTS);
    for (uint32_t i = 0; i < NIMPORTS; i++) {
        text(&s, imports[i].module);
        text(&s, imports[i].name);
        byte(&s, 0);
        leb(&s, imports[i].type);
    }
    section(o, 2, &s);
    text(&s, "singula.contract");
    put(&s, contract, sizeof contract - 1);
    section(o, 0, &s);
}

/* A group: so many plain functions, then these. */
static const struct {
    uint32_t nplain, nothers;
    unsigned others[4];
} groups_of[MODGEN_SHAPES] = {
    [MODGEN_PLAIN] = {1, 1, {T_DRIVE}},
    [MODGEN_MIXED] = {12, 4, {T_MAKE, T_USE, T_SERVE, T_DRIVE}},
    [MODGEN_REFERENCES] = {1, 4, {T_MAKE, T_USE, T_SERVE, T_DRIVE}},
};

static uint32_t group_size(enum modgen_shape shape)
{
    return groups_of[shape].nplain + groups_of[shape].nothers;
}

/* The bodies of group k, whose first function is `first`. */
static void put_group(struct out *code, enum modgen_shape shape, uint32_t first, uint32_t k)
{
    struct out b = {0};
    uint32_t nplain = groups_of[shape].nplain;
    for (uint32_t i = 0; i < nplain; i++) {
        plain(&b, k + i);
        wrap(code, &b);
    }
    if (shape == MODGEN_PLAIN) {
        drive_plain(&b, first, k);
        wrap(code, &b);
        return;
    }
    make(&b, k);
    wrap(code, &b);
    use(&b, k);
    wrap(code, &b);
    serve(&b, first + nplain + 1);
    wrap(code, &b);
    drive(&b, first, nplain, k);
    wrap(code, &b);
}

/* Function, table, memory and element sections for `groups` groups. */
static void put_declarations(struct out *o, enum modgen_shape shape, uint32_t groups)
{
    uint32_t size = group_size(shape), nplain = groups_of[shape].nplain,
             base = shape == MODGEN_PLAIN ? 0 : NIMPORTS;
    struct out s = {0};
    leb(&s, groups * size);
    for (uint32_t k = 0; k < groups * size; k++)
        leb(&s, k % size < nplain ? T_PLAIN : groups_of[shape].others[k % size - nplain]);
    section(o, 3, &s);
    static const uint8_t table[] = {1, 0x70, 0}, memory[] = {1, 0, 1};
    put(&s, table, sizeof table);
    leb(&s, groups);
    section(o, 4, &s);
    put(&s, memory, sizeof memory);
    section(o, 5, &s);
    byte(&s, 1);
    text(&s, "drive");
    byte(&s, 0);
    leb(&s, base + groups * size - 1);
    section(o, 7, &s);
    static const uint8_t elem[] = {1, 0, 0x41, 0, 0x0b};
    put(&s, elem, sizeof elem);
    leb(&s, groups);
    for (uint32_t k = 0; k < groups; k++)
        leb(&s, base + k * size + size - 1);
    section(o, 9, &s);
}

uint8_t *modgen(enum modgen_shape shape, size_t size, size_t *n)
{
    static const uint8_t head[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    uint32_t base = shape == MODGEN_PLAIN ? 0 : NIMPORTS, groups = 0;
    struct out code = {0}, body = {0}, o = {0};
    /* besides its code a group takes a type per function and an item of the table */
    for (; groups == 0 || body.n + groups * (group_size(shape) + 4) < size; groups++)
        put_group(&body, shape, base + groups * group_size(shape), groups);
    put(&o, head, sizeof head);
    put_types(&o);
    if (shape != MODGEN_PLAIN)
        put_imports(&o);
    put_declarations(&o, shape, groups);
    leb(&code, groups * group_size(shape));
    put(&code, body.p, body.n);
    code.failed |= body.failed;
    free(body.p);
    section(&o, 10, &code);
    if (o.failed) {
        free(o.p);
        return NULL;
    }
    *n = o.n;
    return o.p;
}
