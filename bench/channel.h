/* The parts of `singula bench channel`: what is measured, and the two ways of measuring a batch. */
#ifndef BENCH_CHANNEL_H
#define BENCH_CHANNEL_H

#include <sys/types.h>

#include "bench/bench.h"
#include "bench/work.h"

/* To and fro; one way, blocks come back by a second channel; one way, numbers without blocks:
 * between SIPs only. */
enum pattern { RALLY, STREAM, PATTERN_N, NUMBERS = PATTERN_N };

#define CHANNEL_SIZE_MAX (16u << 20)

/* One batch: `messages` of `size` bytes, after `warmup` that are not timed. */
struct batch {
    enum pattern pattern;
    enum work work;
    bool apart; /* SIPs rally with send and recv, not with call */
    uint32_t size, messages, warmup;
};

/* ---- kernel mechanisms between two processes: transport.c, native.c ---- */

/* Both ends of one connection; each process uses its own side (0 or 1). */
struct link;

struct transport {
    const char *name, *note;
    /* Makes the connection for messages of `size` bytes before the fork. False: not available here;
     * errno says why. */
    bool (*open)(struct link *l, uint32_t size);
    /* The whole message; false when the other side is gone. */
    bool (*send)(struct link *l, int side, const void *buf, uint32_t n);
    bool (*recv)(struct link *l, int side, void *buf, uint32_t n);
    void (*close)(struct link *l);
};

extern const struct transport transports[];
extern const unsigned ntransports;

/* The helper process that runs batches of transports. */
struct native {
    pid_t helper;
    int orders, results;
};

/* Before there are SIPs. Complains. */
bool native_open(struct native *n);
/* Nanoseconds per message (rally: per round trip), or a negative number after a complaint. */
double native_batch(struct native *n, unsigned transport, const struct batch *b);
void native_close(struct native *n);

/* ---- SIPs: sips.c ---- */

struct sips {
    struct singula_module *client, *server;
    struct singula_system *sys;
    int memory;            /* SINGULA_GUARD or SINGULA_COMPACT */
    const unsigned *cores; /* of the client's worker and the server's; NULL: they have the same */
    uint64_t marks[2];
    unsigned nmarks;
};

/* Loads the guests; complains. sips_close() in any case. `monitor`: SINGULA_MONITOR_..., `engine`:
 * SINGULA_ENGINE_...; `workers` of the system; `cores`: of its first two, which outlive `s`, or
 * NULL: both SIPs are bound to the first worker. */
bool sips_open(struct sips *s, int memory, int monitor, int engine, unsigned workers,
               const unsigned *cores);
double sips_batch(struct sips *s, const struct batch *b);
void sips_close(struct sips *s);

#endif
