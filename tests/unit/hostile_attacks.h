/* Modules that are built to blow the ownership analysis up. `n` is the size. */
#ifndef TESTS_UNIT_HOSTILE_ATTACKS_H
#define TESTS_UNIT_HOSTILE_ATTACKS_H

#include "tests/unit/hostile_bytes.h"

/* n loops, one in the other, in each of which 100 references move on by one local; one may be null,
 * and each round of a loop finds that out of one more. */
static void rotate(struct bytes *b, uint32_t n)
{
    enum { REFS = 100 };
    size_t code, body = begin_one(b, &code, REFS + 1, 0);
    make_refs(b, REFS);
    for (uint32_t d = 0; d < n; d++) {
        put(b, "\x03\x40", 2);
        get(b, 0);
        set(b, REFS);
        for (uint32_t i = 0; i < REFS; i++) {
            get(b, i + 1);
            set(b, i);
        }
    }
    repeat_loops(b, n);
    kill_refs(b, REFS);
    end_one(b, code, body);
}

/* The same with n numbers that change places, in 60 loops. */
static void numbers(struct bytes *b, uint32_t n)
{
    enum { LOOPS = 60 };
    size_t code, body = begin_one(b, &code, 1, n + 1);
    call(b, F_NEW);
    set(b, 0);
    put(b, "\x41\1", 2);
    set(b, 1);
    for (uint32_t d = 0; d < LOOPS; d++) {
        put(b, "\x03\x40", 2);
        for (uint32_t i = 1; i < n; i++) {
            get(b, i);
            set(b, i + 1);
        }
    }
    repeat_loops(b, LOOPS);
    use_locals(b, 1, n + 1);
    get(b, 0);
    call(b, F_KILL);
    end_one(b, code, body);
}

/* A reference handed through n functions. */
static void call_chain(struct bytes *b, uint32_t n)
{
    size_t code = begin_many(b, n, T_FREE, n + 1);
    for (uint32_t i = 0; i <= n; i++) {
        size_t body = open_body(b, 0, 0);
        if (i)
            get(b, 0);
        else
            call(b, F_NEW);
        call(b, i < n ? F_FIRST + i + 1 : (uint32_t)F_KILL);
        close_body(b, body);
    }
    close_length(b, code);
}

/* A branch to n labels on a number of which something is known, with 200 references at hand. */
static void wide_table(struct bytes *b, uint32_t n)
{
    enum { REFS = 200 };
    size_t code, body = begin_one(b, &code, REFS, 1);
    make_refs(b, REFS);
    open_blocks(b, n);
    get(b, 0);
    put_byte(b, 0xd1);
    put_byte(b, 0x0e);
    put_u32(b, n - 1);
    for (uint32_t i = 0; i < n; i++)
        put_u32(b, i);
    close_blocks(b, n);
    kill_refs(b, REFS);
    end_one(b, code, body);
}

/* n tables of 60,000 entries over ever the same labels. */
static void long_tables(struct bytes *b, uint32_t n)
{
    size_t code, body = begin_one(b, &code, 1, 0);
    call(b, F_ALLOC);
    set(b, 0);
    open_blocks(b, 1000);
    for (uint32_t t = 0; t < n; t++) {
        put(b, "\x02\x40", 2);
        get(b, 0);
        put_byte(b, 0xd1);
        put_byte(b, 0x0e);
        put_u32(b, 60000);
        for (uint32_t i = 0; i <= 60000; i++)
            put_u32(b, i % 1000);
        put_byte(b, 0x0b);
    }
    close_blocks(b, 1000);
    get(b, 0);
    call(b, F_KILL);
    end_one(b, code, body);
}

/* 250 endpoints, polled over and over, and n branches that depend on it. */
static void endpoints(struct bytes *b, uint32_t n)
{
    enum { REFS = 250 };
    size_t code, body = begin_one(b, &code, REFS, REFS);
    for (uint32_t i = 0; i < REFS; i++) {
        call(b, F_CHANNEL);
        set(b, i);
        get(b, i);
        put_byte(b, 0xd1);
        put(b, "\x04\x40\0\x0b", 4); /* null: unreachable */
    }
    put(b, "\x03\x40", 2);
    for (uint32_t k = 0; k < n; k++) {
        get(b, k % REFS);
        call(b, F_POLL);
        set(b, REFS + k % REFS);
        put(b, "\x02\x40", 2);
        get(b, REFS + k % REFS);
        put(b, "\x0d\0\x0b", 3);
    }
    br_if(b, 0);
    put_byte(b, 0x0b);
    for (uint32_t i = 0; i < REFS; i++) {
        get(b, i);
        call(b, F_ABANDON);
    }
    end_one(b, code, body);
}

/* n functions, each of which may call any of the ten after it, round about. */
static void recursion(struct bytes *b, uint32_t n)
{
    size_t code = begin_many(b, n, T_MAP, n + 1);
    for (uint32_t i = 0; i <= n; i++) {
        size_t body = open_body(b, 0, 0);
        if (!i) {
            call(b, F_NEW);
            call(b, F_FIRST + 1);
            call(b, F_KILL);
            close_body(b, body);
            continue;
        }
        for (uint32_t k = 1; k <= 10; k++) {
            call(b, F_CHOOSE);
            put(b, "\x04\x40", 2);
            get(b, 0);
            call(b, F_FIRST + 1 + (i + k * k) % n);
            put(b, "\x0f\x0b", 2);
        }
        if (i % 3 == 0) {
            get(b, 0);
            call(b, F_KILL);
            call(b, F_ALLOC);
        } else {
            get(b, 0);
        }
        close_body(b, body);
    }
    close_length(b, code);
}

/* 300 calls through a table of n functions, with 100 references at hand. */
static void indirect(struct bytes *b, uint32_t n)
{
    enum { REFS = 100, CALLS = 300 };
    size_t code = begin_many(b, n, T_GET, 1);
    size_t body = open_body(b, REFS, 0);
    for (uint32_t i = 0; i < REFS; i++) {
        call(b, i % 2 ? F_NEW : F_ALLOC);
        set(b, i);
    }
    for (uint32_t k = 0; k < CALLS; k++) {
        get(b, k % REFS);
        call(b, F_CHOOSE);
        put(b, (uint8_t[]){0x11, T_GET, 0, 0x1a}, 4);
    }
    kill_refs(b, REFS);
    close_body(b, body);
    for (uint32_t i = 0; i < n; i++) {
        body = open_body(b, 0, 0);
        get(b, 0);
        put_byte(b, 0xd1);
        close_body(b, body);
    }
    close_length(b, code);
}

/* n conditional branches in a function of 50,000 locals. */
static void locals(struct bytes *b, uint32_t n)
{
    size_t code, body = begin_one(b, &code, 25000, 24990);
    call(b, F_NEW);
    set(b, 0);
    put(b, "\x02\x40", 2);
    for (uint32_t k = 0; k < n; k++)
        br_if(b, 0);
    put_byte(b, 0x0b);
    use_locals(b, 0, 49990);
    get(b, 0);
    call(b, F_KILL);
    end_one(b, code, body);
}

/* Liveness: n loops in one another, each of which uses a local of its own after the others. */
static void liveness(struct bytes *b, uint32_t n)
{
    size_t code, body = begin_one(b, &code, 1, n + 1);
    call(b, F_NEW);
    set(b, 0);
    for (uint32_t d = 0; d < n; d++) {
        put(b, "\x03\x40", 2);
        get(b, 1 + d);
        put_byte(b, 0x1a);
    }
    for (uint32_t d = 0; d < n; d++) {
        get(b, d + 1);
        set(b, n - d);
        br_if(b, 0);
        br_if(b, n - 1 - d);
        put_byte(b, 0x0b);
    }
    get(b, 0);
    call(b, F_KILL);
    end_one(b, code, body);
}

/* n blocks, each with its own set of what is live. */
static void blocks(struct bytes *b, uint32_t n)
{
    size_t code, body = begin_one(b, &code, 2000, 2000);
    call(b, F_NEW);
    set(b, 0);
    for (uint32_t k = 0; k < n; k++) {
        put(b, "\x02\x40", 2);
        br_if(b, 0);
        get(b, 1 + k % 3900);
        put(b, "\x1a\x0b", 2);
    }
    get(b, 0);
    call(b, F_KILL);
    end_one(b, code, body);
}

/* n operators on numbers that depend on two tests. */
static void arithmetic(struct bytes *b, uint32_t n)
{
    enum { INTS = 400 };
    size_t code, body = begin_one(b, &code, 2, INTS);
    for (uint32_t i = 0; i < 2; i++) {
        call(b, F_ALLOC);
        set(b, i);
    }
    for (uint32_t i = 0; i < INTS; i++) {
        get(b, 0);
        put_byte(b, 0xd1);
        get(b, 1);
        put(b, "\xd1\x41\1\x74\x6a", 5); /* is_null, i32.const 1, shl, add */
        set(b, 2 + i);
    }
    for (uint32_t k = 0; k < n; k++) {
        get(b, 2 + k % INTS);
        get(b, 2 + (k * 7 + 1) % INTS);
        put_byte(b, 0x6a);
        set(b, 2 + (k * 3) % INTS);
        if (k % 4 == 0) {
            put(b, "\x02\x40", 2);
            br_if(b, 0);
            put_byte(b, 0x0b);
        }
    }
    use_locals(b, 2, 2 + INTS);
    kill_refs(b, 2);
    end_one(b, code, body);
}

/* n calls with five references in all patterns of null, maybe and the same, of a function that does
 * so, too. */
static void contexts(struct bytes *b, uint32_t n)
{
    enum { FUNCS = 41 };
    size_t code = begin_many(b, FUNCS - 1, T_FIVE, FUNCS);
    for (uint32_t f = 0; f < FUNCS; f++) {
        size_t body = open_body(b, f ? 0 : 5, 0);
        for (uint32_t i = 0; i < 5 && !f; i++) {
            call(b, i % 2 ? F_NEW : F_ALLOC);
            set(b, i);
        }
        for (uint32_t k = 0; k < (f ? 8 : n) && f + 1 < FUNCS; k++) {
            uint32_t p = (k + 1) * 2654435761u;
            for (uint32_t i = 0; i < 5; i++, p /= 6)
                if (p % 6 == 5)
                    put(b, "\xd0\x6f", 2);
                else
                    get(b, p % 6);
            call(b, F_FIRST + f + 1);
        }
        if (!f)
            kill_refs(b, 5);
        close_body(b, body);
    }
    close_length(b, code);
}

/* n functions that nobody calls with references but that have some. */
static void many_functions(struct bytes *b, uint32_t n)
{
    size_t code = begin_many(b, n, T_VOID, 1);
    for (uint32_t i = 0; i <= n; i++) {
        size_t body = open_body(b, 1, 0);
        call(b, F_NEW);
        set(b, 0);
        get(b, 0);
        call(b, F_KILL);
        close_body(b, body);
    }
    close_length(b, code);
}

/* n functions, each of which moves 240 blocks on in a loop that repeats until it is known of none
 * whether it is there. */
static void many_rotations(struct bytes *b, uint32_t n)
{
    enum { REFS = 240 };
    size_t code = begin_many(b, n, T_VOID, 1);
    for (uint32_t f = 0; f <= n; f++) {
        size_t body = open_body(b, REFS + 1, 0);
        make_refs(b, REFS);
        put(b, "\x03\x40", 2);
        get(b, 0);
        set(b, REFS);
        for (uint32_t i = 0; i < REFS; i++) {
            get(b, i + 1);
            set(b, i);
        }
        repeat_loops(b, 1);
        kill_refs(b, REFS);
        close_body(b, body);
    }
    close_length(b, code);
}

/* n operations on one of 250 blocks in a function of 49,000 locals: each looks for its names. */
static void scans(struct bytes *b, uint32_t n)
{
    enum { REFS = 250, INTS = 48000 };
    size_t code, body = begin_one(b, &code, REFS, INTS);
    make_refs(b, REFS);
    for (uint32_t k = 0; k < n; k++) {
        get(b, k % REFS);
        put(b, "\xd1\x1a", 2);
    }
    use_locals(b, REFS, REFS + INTS);
    kill_refs(b, REFS);
    end_one(b, code, body);
}

/* 20,000 numbers that are the answer of one poll, over 64 cases, and n branches, each of which
 * rules one out. */
static void wide_tags(struct bytes *b, uint32_t n)
{
    enum { INTS = 20000 };
    size_t code, body = begin_one(b, &code, 1, INTS);
    call(b, F_WIDE);
    set(b, 0);
    get(b, 0);
    put(b, "\xd1\x04\x40\0\x0b", 5);
    for (uint32_t k = 0; k < n; k++) {
        if (k % 60 == 0) {
            get(b, 0);
            call(b, F_WIDE_POLL);
            set(b, 1);
            for (uint32_t i = 1; i < INTS; i++) {
                get(b, i);
                set(b, i + 1);
            }
        }
        put(b, "\x02\x40", 2);
        get(b, 1);
        put_byte(b, 0x41);
        put_byte(b, (uint8_t)(k % 60));
        put(b, "\x46\x0d\0\x0b", 4); /* i32.eq, br_if 0 */
    }
    use_locals(b, 1, INTS + 1);
    get(b, 0);
    call(b, F_WIDE_ABANDON);
    end_one(b, code, body);
}

/* A branch with 65,000 targets in the innermost of n loops, each of which rotates 20 blocks. */
static void tables_in_loops(struct bytes *b, uint32_t n)
{
    enum { REFS = 20, LABELS = 65000 };
    size_t code, body = begin_one(b, &code, REFS + 1, 0);
    make_refs(b, REFS);
    for (uint32_t d = 0; d < n; d++) {
        put(b, "\x03\x40", 2);
        get(b, 0);
        set(b, REFS);
        for (uint32_t i = 0; i < REFS; i++) {
            get(b, i + 1);
            set(b, i);
        }
    }
    put(b, "\x02\x40\x02\x40", 4);
    call(b, F_CHOOSE);
    put_byte(b, 0x0e);
    put_u32(b, LABELS);
    for (uint32_t i = 0; i <= LABELS; i++)
        put_byte(b, (uint8_t)(i & 1));
    close_blocks(b, 2);
    repeat_loops(b, n);
    kill_refs(b, REFS);
    end_one(b, code, body);
}

/* A function with n blocks that nothing reaches, called in many ways. */
static void dead_blocks(struct bytes *b, uint32_t n)
{
    size_t code = begin_many(b, 1, T_FIVE, 2), body = open_body(b, 5, 0);
    make_refs(b, 5);
    for (uint32_t k = 0; k < 200; k++) {
        uint32_t p = (k + 1) * 2654435761u;
        for (uint32_t i = 0; i < 5; i++, p /= 6)
            if (p % 6 == 5)
                put(b, "\xd0\x6f", 2);
            else
                get(b, p % 6);
        call(b, F_FIRST + 1);
    }
    kill_refs(b, 5);
    close_body(b, body);
    body = open_body(b, 0, 0);
    put_byte(b, 0x0f); /* return */
    for (uint32_t k = 0; k < n; k++)
        put(b, "\x02\x40\x0b", 3);
    close_body(b, body);
    close_length(b, code);
}

/* n functions, each with 240 blocks in a loop of joins, the last of which is lost: each is refused,
 * and why is found out. */
static void mistakes(struct bytes *b, uint32_t n)
{
    enum { REFS = 240 };
    size_t code = begin_many(b, n, T_VOID, 1);
    for (uint32_t f = 0; f <= n; f++) {
        size_t body = open_body(b, REFS, 0);
        make_refs(b, REFS);
        for (uint32_t i = 0; i < REFS; i++) {
            put(b, "\x02\x40", 2);
            get(b, i);
            put(b, "\xd1\x0d\0\x0b", 4);
        }
        kill_refs(b, REFS - 1);
        close_body(b, body);
    }
    close_length(b, code);
}

/* A ring of 100 functions that call each other, each with n joins over 200 blocks of its own. */
static void ring(struct bytes *b, uint32_t n)
{
    enum { FUNCS = 100, REFS = 200 };
    size_t code = begin_many(b, FUNCS, T_MAP, FUNCS + 1);
    for (uint32_t f = 0; f <= FUNCS; f++) {
        size_t body = open_body(b, f ? REFS : 1, 0);
        if (!f) {
            call(b, F_NEW);
            call(b, F_FIRST + 1);
            call(b, F_KILL);
            close_body(b, body);
            continue;
        }
        for (uint32_t i = 1; i < REFS; i++) {
            call(b, F_ALLOC);
            set(b, i);
        }
        for (uint32_t k = 0; k < n; k++) {
            put(b, "\x02\x40", 2);
            br_if(b, 0);
            put_byte(b, 0x0b);
        }
        for (uint32_t i = 1; i < REFS; i++) {
            get(b, i);
            call(b, F_KILL);
        }
        put(b, "\x02\x40", 2);
        br_if(b, 0);
        get(b, 0);
        call(b, F_FIRST + 1 + f % FUNCS);
        set(b, 0);
        put_byte(b, 0x0b);
        get(b, 0);
        close_body(b, body);
    }
    close_length(b, code);
}

#endif
