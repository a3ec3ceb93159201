/* What both guests of `singula bench channel` share. */
#ifndef BENCH_GUESTS_BENCH_GUEST_H
#define BENCH_GUESTS_BENCH_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h" /* made from bench.contract */
#include "bench/work.h"

static const char rally_name[] = "rally", flow_name[] = "flow", return_name[] = "return",
                  numbers_name[] = "numbers";

/* The host reads the clock: twice, around what is measured. */
__attribute__((import_module("bench"), import_name("mark"))) void bench_mark(void);
/* Where it runs is made sure of: the client's core (0), the server's (1). */
__attribute__((import_module("bench"), import_name("here"))) void bench_here(int32_t side);

/* Arguments: rally|apart|flow|numbers SIZE WORK MESSAGES WARMUP POOL */
struct plan {
    bool rally, numbers;
    bool apart; /* rally with send and recv, not with call */
    uint32_t size, work, messages, warmup, pool;
    void *buf; /* where messages are made and looked at */
};

static struct plan plan_read(int argc, char **argv)
{
    if (argc < 7)
        exit(2);
    bool apart = strcmp(argv[1], "apart") == 0;
    struct plan p = {.rally = apart || strcmp(argv[1], "rally") == 0,
                     .apart = apart,
                     .numbers = strcmp(argv[1], "numbers") == 0,
                     .size = (uint32_t)atol(argv[2]),
                     .work = (uint32_t)atoi(argv[3]),
                     .messages = (uint32_t)atol(argv[4]),
                     .warmup = (uint32_t)atol(argv[5]),
                     .pool = (uint32_t)atoi(argv[6])};
    p.buf = aligned_alloc(64, (p.size + 63) / 64 * 64);
    if (!p.buf)
        exit(3);
    return p;
}

/* Makes message number seq in the block. */
static inline void produce(const struct plan *p, Data d, uint32_t seq)
{
    if (p->work == WORK_NONE)
        return;
    work_write(p->buf, p->size, seq);
    Data_bytes_write(d, 0, p->buf, p->size);
}

/* Looks at it; ends the SIP with a trap if it is not what was sent. */
static inline void consume(const struct plan *p, Data d, uint32_t seq)
{
    if (p->work == WORK_NONE)
        return;
    Data_bytes_read(d, 0, p->buf, p->size);
    if (!(p->work == WORK_FULL ? work_read : work_ends)(p->buf, p->size, seq))
        __builtin_trap();
}

#endif
