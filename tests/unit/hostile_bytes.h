/* Pieces of modules that are built to blow the ownership analysis up. */
#ifndef TESTS_UNIT_HOSTILE_BYTES_H
#define TESTS_UNIT_HOSTILE_BYTES_H

#include <check.h>
#include <stdio.h>

#include "contract/limits.h"
#include "tests/unit/module_bytes.h"

/* Besides P, a contract with as many messages as there can be is added: Q. */
static const char contract[] =
    "block A { n: i32; kid: A; }\n"
    "contract P { in message Ask(i32 x); out message Yes(i32 y);\n"
    "  state Start: one { Ask? -> Asked; end; } state Asked: Yes! -> Start; }\n";

enum type { T_NEW, T_FREE, T_INT, T_VOID, T_MAP, T_TWO, T_GET, T_FIVE, NTYPES };
enum func {
    F_NEW,
    F_ALLOC,
    F_KILL,
    F_CHOOSE,
    F_CHANNEL,
    F_POLL,
    F_ABANDON,
    F_WIDE,
    F_WIDE_POLL,
    F_WIDE_ABANDON,
    F_FIRST
};
enum { REF = 0x6f, I32 = 0x7f };

static void put_type(struct bytes *b, uint32_t refs, uint8_t result)
{
    put_byte(b, 0x60);
    put_u32(b, refs);
    put_many(b, REF, refs);
    put_u32(b, result != 0);
    if (result)
        put_byte(b, result);
}

static void put_name(struct bytes *b, const char *s)
{
    put_u32(b, (uint32_t)strlen(s));
    put(b, s, strlen(s));
}

static void put_import(struct bytes *b, const char *module, const char *name, enum type t)
{
    put_name(b, module);
    put_name(b, name);
    put_byte(b, 0);
    put_u32(b, t);
}

static void put_wide_contract(struct bytes *b)
{
    char text[64];
    const char *head = "contract Q capacity 4 {\n";
    put(b, head, strlen(head));
    for (int i = 0; i < CONTRACT_MESSAGES_MAX; i++)
        put(b, text, (size_t)snprintf(text, sizeof text, "in message M%d();\n", i));
    put(b, "state S: one { end;", 19);
    for (int i = 0; i < CONTRACT_MESSAGES_MAX; i++)
        put(b, text, (size_t)snprintf(text, sizeof text, " M%d? -> S;", i));
    put(b, " } }\n", 5);
}

/* Everything before the code: `nfuncs` functions of these types, function `start` is exported; in a
 * table: functions from `taken` on. */
static void begin(struct bytes *b, const uint8_t *types, uint32_t nfuncs, uint32_t taken)
{
    put_header(b);
    size_t s = open_section(b, 0);
    put_name(b, "singula.contract");
    put(b, contract, sizeof contract - 1);
    put_wide_contract(b);
    close_length(b, s);
    s = open_section(b, 1);
    put_u32(b, NTYPES);
    put_type(b, 0, REF);
    put_type(b, 1, 0);
    put_type(b, 0, I32);
    put_type(b, 0, 0);
    put_type(b, 1, REF);
    put_type(b, 2, 0);
    put_type(b, 1, I32);
    put_type(b, 5, 0);
    close_length(b, s);
    s = open_section(b, 2);
    put_u32(b, F_FIRST);
    put_import(b, "singula/A", "new", T_NEW);
    put_import(b, "singula/A", "alloc", T_NEW);
    put_import(b, "singula/A", "free", T_FREE);
    put_import(b, "env", "choose", T_INT);
    put_import(b, "singula/P", "channel", T_NEW);
    put_import(b, "singula/P", "exp.poll", T_GET);
    put_import(b, "singula/P", "exp.abandon", T_FREE);
    put_import(b, "singula/Q", "channel", T_NEW);
    put_import(b, "singula/Q", "exp.poll", T_GET);
    put_import(b, "singula/Q", "exp.abandon", T_FREE);
    close_length(b, s);
    s = open_section(b, 3);
    put_u32(b, nfuncs);
    put(b, types, nfuncs);
    close_length(b, s);
    s = open_section(b, 4);
    put_byte(b, 1);
    put(b, "\x70\0", 2);
    put_u32(b, nfuncs);
    close_length(b, s);
    s = open_section(b, 7);
    put_byte(b, 1);
    put_name(b, "main");
    put_byte(b, 0);
    put_u32(b, F_FIRST);
    close_length(b, s);
    s = open_section(b, 9);
    put_byte(b, taken < nfuncs);
    if (taken < nfuncs) {
        put(b, "\0\x41\0\x0b", 4);
        put_u32(b, nfuncs - taken);
        for (uint32_t i = taken; i < nfuncs; i++)
            put_u32(b, F_FIRST + i);
    }
    close_length(b, s);
}

/* A body with so many references and numbers as locals. */
static size_t open_body(struct bytes *b, uint32_t refs, uint32_t ints)
{
    size_t at = open_length(b);
    put_u32(b, 2);
    put_u32(b, refs);
    put_byte(b, REF);
    put_u32(b, ints);
    put_byte(b, I32);
    return at;
}

static void close_body(struct bytes *b, size_t at)
{
    put_byte(b, 0x0b);
    close_length(b, at);
}

static void get(struct bytes *b, uint32_t local)
{
    put_byte(b, 0x20);
    put_u32(b, local);
}
static void set(struct bytes *b, uint32_t local)
{
    put_byte(b, 0x21);
    put_u32(b, local);
}
static void call(struct bytes *b, uint32_t func)
{
    put_byte(b, 0x10);
    put_u32(b, func);
}
static void br_if(struct bytes *b, uint32_t depth)
{
    call(b, F_CHOOSE);
    put_byte(b, 0x0d);
    put_u32(b, depth);
}

/* One function only. */
static size_t begin_one(struct bytes *b, size_t *code, uint32_t refs, uint32_t ints)
{
    begin(b, &(uint8_t){T_VOID}, 1, 1);
    *code = open_section(b, 10);
    put_byte(b, 1);
    return open_body(b, refs, ints);
}

static void end_one(struct bytes *b, size_t code, size_t body)
{
    close_body(b, body);
    close_length(b, code);
}

/* n references, the first of which may be null, into the first locals; and their end. */
static void make_refs(struct bytes *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        call(b, i ? F_NEW : F_ALLOC);
        set(b, i);
    }
}
static void kill_refs(struct bytes *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        get(b, i);
        call(b, F_KILL);
    }
}

/* Reads locals, so that they are live until here. */
static void use_locals(struct bytes *b, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        get(b, i);
        put_byte(b, 0x1a);
    }
}

/* n blocks or loops begin, one in the other; n of them end. */
static void open_blocks(struct bytes *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        put(b, "\x02\x40", 2);
}
static void close_blocks(struct bytes *b, uint32_t n)
{
    put_many(b, 0x0b, n);
}
static void repeat_loops(struct bytes *b, uint32_t n)
{
    for (uint32_t d = 0; d < n; d++) {
        br_if(b, 0);
        put_byte(b, 0x0b);
    }
}

/* One function of type T_VOID and n of another; returns where the code section begins. */
static size_t begin_many(struct bytes *b, uint32_t n, enum type type, uint32_t taken)
{
    uint8_t *types = malloc(n + 1);
    ck_assert_ptr_nonnull(types);
    memset(types, (int)type, n + 1);
    types[0] = T_VOID;
    begin(b, types, n + 1, taken);
    free(types);
    size_t code = open_section(b, 10);
    put_u32(b, n + 1);
    return code;
}

#endif
