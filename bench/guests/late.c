/* The guests of `singula bench late`: one that wants to run every millisecond, and others that
 * never stop by themselves. Without a C library. */
#include <stdbool.h>

#include "late.h" /* made from late.contract */
#include <singula/process.h>

#define EXPORT(name)         __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define WASI(name)           IMPORT("wasi_snapshot_preview1", name)

/* The host's: how long is too long, in bytes or blocks; a tick came so late. */
IMPORT("bench", "size") uint64_t bench_size(void);
IMPORT("bench", "late") void bench_late(uint64_t ns);

WASI("clock_time_get") int32_t clock_time_get(uint32_t clock, uint64_t precision, uint64_t *out);
WASI("random_get") int32_t random_get(void *to, uint32_t n);

struct buffer {
    char *at;
    uint32_t n;
};
WASI("fd_pread")
int32_t fd_pread(uint32_t fd, const struct buffer *to, uint32_t n, uint64_t at, uint32_t *got);

WASI("proc_exit") _Noreturn void proc_exit(int32_t code);

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

static void nap(uint64_t ns)
{
    uint64_t event[4];
    uint32_t n;
    struct subscription s = {.clock = MONOTONIC, .at = ns};
    must(poll_oneoff(&s, event, 1, &n) == 0 && n == 1);
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

/* All of standard input by one call, again and again, to the same memory. */
EXPORT("read") void read(void)
{
    static struct buffer to[16];
    static uint32_t got;
    uint32_t n = (uint32_t)bench_size() / 64;
    char *at = room(n);
    for (uint32_t i = 0; i < 16; i++)
        to[i] = (struct buffer){at, n};
    for (;;)
        must(fd_pread(0, to, 16, 0, &got) == 0 && got == 16 * n);
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

/* How many are very many channels. */
static uint32_t many(void)
{
    return (uint32_t)(bench_size() >> 13);
}

/* A set of very many ends, each of which has a message: half of them are taken out, the others end
 * with the set. */
EXPORT("crowd") void crowd(void)
{
    Chat_set set = Chat_set_exp_Ready_new();
    must(!singula_is_null(set));
    for (uint32_t i = 0; i < many(); i++) {
        Chat_exp ep = Chat_channel();
        must(!singula_is_null(ep));
        Chat_imp peer = Chat_exp_peer(ep);
        must(!singula_is_null(peer));
        Chat_set_exp_Ready_add(set, ep, i);
        Chat_imp_send_Ping(peer);
        peer = Chat_slot_imp_Busy_swap(i, peer);
        if (!singula_is_null(peer))
            Chat_imp_abandon(peer);
    }
    for (uint32_t i = 0; i < many() / 2; i++) {
        int64_t key;
        Chat_exp ep = Chat_set_exp_Ready_wait(set, 0, &key);
        if (singula_is_null(ep))
            break;
        Chat_exp_abandon(ep);
    }
    Chat_set_exp_Ready_free(set);
}

/* Ends with a set that has all of them. */
EXPORT("crowded") void crowded(void)
{
    Chat_set set = Chat_set_exp_Ready_new();
    must(!singula_is_null(set));
    for (uint32_t i = 0; i < many(); i++) {
        Chat_exp ep = Chat_channel();
        must(!singula_is_null(ep));
        Chat_set_exp_Ready_add(set, ep, i);
    }
    proc_exit(0);
}

/* Ends with as many messages in queues; each has a block or a channel. */
EXPORT("post") void post(void)
{
    enum { QUEUE = 4096 };
    for (uint32_t i = 0; i < (many() + QUEUE - 1) / QUEUE; i++) {
        Post_exp to = Post_channel();
        must(!singula_is_null(to));
        Post_imp from = Post_exp_peer(to);
        must(!singula_is_null(from));
        for (uint32_t k = 0; k < QUEUE / 2; k++) {
            Chat_exp line = Chat_channel();
            must(!singula_is_null(line));
            Chat_imp peer = Chat_exp_peer(line);
            must(!singula_is_null(peer));
            Post_imp_send_Line(from, peer);
            Chat_exp_abandon(line);
            Bulk note = Bulk_new(64);
            must(!singula_is_null(note));
            Post_imp_send_Note(from, note);
        }
        from = Post_slot_imp_Open_swap(i, from);
        if (!singula_is_null(from))
            Post_imp_abandon(from);
        to = Post_slot_exp_Open_swap(i, to);
        if (!singula_is_null(to))
            Post_exp_abandon(to);
    }
}

/* Publishes very many names, then finds all of them, and ends. */
static void publish(uint32_t n)
{
    static uint32_t name; /* not on the stack: that has no room for so many */
    if (n == 0) {
        for (name = 1; name <= many() / 8; name++) {
            Chat_imp ep = Chat_imp_connect((const char *)&name, sizeof name);
            must(!singula_is_null(ep));
            Chat_imp_send_Ping(ep);
            ep = Chat_slot_imp_Busy_swap(name, ep);
            if (!singula_is_null(ep))
                Chat_imp_abandon(ep);
        }
        proc_exit(0);
    }
    name = n;
    Chat_listener l = Chat_exp_listen((const char *)&name, sizeof name);
    must(!singula_is_null(l));
    publish(n - 1);
    Chat_listener_close(l);
}

EXPORT("names") void names_of_many(void)
{
    publish(many() / 8);
}

/* Ends for a mistake at the end of a very long stack. */
static uint32_t fall(volatile uint32_t *x, uint32_t n)
{
    if (n == 0)
        __builtin_trap();
    return fall(x, n - 1) + *x;
}

EXPORT("fall") void fall_deep(void)
{
    volatile uint32_t x = 1;
    x = fall(&x, 100000);
}

/* Has as much memory as there can be, and ends. */
EXPORT("most") void most(void)
{
    uint32_t all = (uint32_t)(4 * bench_size() / PAGE);
    room((all - (uint32_t)__builtin_wasm_memory_size(0)) * PAGE);
}

/* Sleeps on memory that it has written to, so long that it goes to the swap file, now and then
 * wakes and reads it, and is ended in its sleep. */
EXPORT("sleep") void sleeper(void)
{
    uint32_t n = (uint32_t)bench_size() / 4;
    volatile char *at = room(n);
    for (uint32_t i = 0; i < n; i += 4096)
        at[i] = 1;
    for (;;) {
        nap(200 * PERIOD);
        at[n - 1] = at[0];
    }
}

/* Has very many children started at once, none of which lives for long, again and again. */
static void start(uint32_t n)
{
    static const char name[] = "process", child[] = "child";
    if (n == 0)
        return;
    Processes_imp door = Processes_imp_connect(name, 7);
    must(!singula_is_null(door));
    Bytes which = Bytes_new(sizeof child);
    Bytes_data_write(which, 0, child, sizeof child);
    Processes_imp_send_Start(door, which);
    start(n - 1);
    if (Processes_imp_next(door) == PROCESSES_TAG_Started) {
        Process_imp p = Processes_imp_recv_Started(door);
        Process_imp_send_Detach(p);
        Process_imp_close(p);
    } else {
        static struct Processes_Failed f; /* as above */
        Processes_imp_recv_Failed(door, &f);
    }
    Processes_imp_close(door);
}

EXPORT("parent") void parent(void)
{
    for (;;)
        start(many() / 16);
}

/* A child with the slots of late.contract, some 9 MiB. */
EXPORT("child") void child(void)
{
    nap(20 * PERIOD);
}

/* Has a child now and then, the first one when others have got going: it has to be loaded. */
EXPORT("load") void load(void)
{
    for (;;) {
        nap(20 * PERIOD);
        start(1);
    }
}
