/* The guests of `singula bench late`: one that wants to run every millisecond, and others that
 * never stop by themselves. Without a C library. */
#include <stdbool.h>

#include "late.h" /* made from late.contract */

#define EXPORT(name)         __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define WASI(name)           IMPORT("wasi_snapshot_preview1", name)

/* The host's: how long is too long, in bytes or blocks; a tick came so late. */
IMPORT("bench", "size") uint64_t bench_size(void);
IMPORT("bench", "late") void bench_late(uint64_t ns);

WASI("clock_time_get") int32_t clock_time_get(uint32_t clock, uint64_t precision, uint64_t *out);
WASI("random_get") int32_t random_get(void *to, uint32_t n);

struct subscription {
    uint64_t userdata, tag; /* 0: a clock */
    uint64_t clock, at, precision, flags;
};
WASI("poll_oneoff")
int32_t poll_oneoff(const struct subscription *in, void *out, uint32_t n, uint32_t *nevents);

enum { MONOTONIC = 1, ABSOLUTE = 1, PAGE = 65536 };
#define PERIOD UINT64_C(1000000)

/* A macro: what a function is told is no test of a reference to the verifier at -O0. */
#define must(right)                                                                                \
    do {                                                                                           \
        if (!(right))                                                                              \
            __builtin_trap();                                                                      \
    } while (0)

static uint64_t now(void)
{
    uint64_t t;
    must(clock_time_get(MONOTONIC, 1, &t) == 0);
    return t;
}

EXPORT("tick") void tick(void)
{
    for (;;) {
        uint64_t event[4];
        uint32_t n;
        struct subscription s = {.clock = MONOTONIC, .at = now() + PERIOD, .flags = ABSOLUTE};
        must(poll_oneoff(&s, event, 1, &n) == 0 && n == 1);
        bench_late(now() - s.at);
    }
}

/* Memory behind what there is. */
static char *room(uint32_t bytes)
{
    uint32_t pages = (bytes + PAGE - 1) / PAGE;
    uint32_t at = (uint32_t)__builtin_wasm_memory_grow(0, pages);
    must(at != UINT32_MAX);
    return (char *)(at * PAGE);
}

EXPORT("loop") void loop(void)
{
    for (volatile uint32_t x = 0;; x++)
        ;
}

EXPORT("fill") void fill(void)
{
    uint32_t n = (uint32_t)bench_size();
    char *at = room(n);
    for (int x = 0;; x++)
        __builtin_memset(at, x, n);
}

EXPORT("copy") void copy(void)
{
    uint32_t n = (uint32_t)bench_size() / 2;
    char *at = room(2 * n);
    for (;;)
        __builtin_memmove(at + n - 64, at, n); /* they overlap */
}

__attribute__((noinline)) static uint32_t deep(volatile uint32_t *x, uint32_t n)
{
    return n ? deep(x, n - 1) + *x : 1;
}

EXPORT("deep") void recursion(void)
{
    volatile uint32_t x = 1;
    for (;;)
        x = deep(&x, 100000);
}

EXPORT("write") void write(void)
{
    uint32_t n = (uint32_t)bench_size() / 2;
    char *at = room(n);
    Bulk b = Bulk_new(n);
    for (;;)
        Bulk_bytes_write(b, 0, at, n);
}

EXPORT("alloc") void alloc(void)
{
    uint32_t n = (uint32_t)bench_size() / 2;
    for (;;) {
        Bulk b = Bulk_new(n);
        Bulk_bytes_set(b, n - 1, 1);
        Bulk_free(b);
    }
}

/* Copies a block, which somebody else has a share of. */
EXPORT("thaw") void thaw(void)
{
    uint32_t n = (uint32_t)bench_size() / 2;
    Bulk whole = Bulk_new(n);
    Bulk_bytes_set(whole, n - 1, 1); /* or there would be nothing to copy */
    Bulk_frozen f = Bulk_freeze(whole);
    for (;;) {
        Bulk b = Bulk_thaw(Bulk_share(f));
        must(!singula_is_null(b));
        Bulk_free(b);
    }
}

EXPORT("random") void randomness(void)
{
    uint32_t n = (uint32_t)bench_size() / 4;
    char *at = room(n);
    for (;;)
        must(random_get(at, n) == 0);
}

/* Grows bit by bit, writes to each page, and ends with all of them. */
EXPORT("grow") void grow(void)
{
    enum { STEP = 1 << 24 };
    uint32_t n = (uint32_t)(bench_size() / 2);
    for (uint32_t had = 0; had < n; had += STEP) {
        volatile char *at = room(STEP);
        for (uint32_t i = 0; i < STEP; i += 4096)
            at[i] = 1;
    }
}

/* Ends with very many blocks. */
EXPORT("hoard") void hoard(void)
{
    uint32_t n = (uint32_t)(bench_size() >> 10);
    for (uint32_t i = 0; i < n; i++)
        Bulk_free(Bulk_slot_swap(i, Bulk_new(64)));
}

static const char names[2] = {'a', 'b'};

EXPORT("pong") void pong(void)
{
    Chat_listener l = Chat_exp_listen(&names[0], 1);
    if (singula_is_null(l))
        l = Chat_exp_listen(&names[1], 1);
    must(!singula_is_null(l));
    Chat_exp ep = Chat_listener_accept(l);
    Chat_listener_close(l);
    must(!singula_is_null(ep));
    Chat_exp_recv_Ping(ep);
    for (;;)
        Chat_exp_call_Pong_Ping(ep);
}

EXPORT("ping") void ping(void)
{
    Chat_imp ep = Chat_imp_connect(&names[0], 1);
    if (singula_is_null(ep))
        ep = Chat_imp_connect(&names[1], 1);
    must(!singula_is_null(ep));
    for (;;)
        Chat_imp_call_Ping_Pong(ep);
}
