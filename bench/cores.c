#include "bench/cores.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

enum { SLOTS = 1024, LINE = 128 };

/* One writer, one reader; each keeps what it last saw of the other's index, so that its cache line
 * moves once for many messages and not for each. */
struct ptr_ring {
    _Alignas(LINE) _Atomic uint32_t head; /* the reader's */
    uint32_t seen_tail;
    _Alignas(LINE) _Atomic uint32_t tail; /* the writer's */
    uint32_t seen_head;
    _Alignas(LINE) void *items[SLOTS];
};

struct pair {
    struct ptr_ring there, back;
    _Alignas(LINE) _Atomic uint32_t line;
    const struct batch *batch;
    uint32_t capacity, pool;
    uint64_t from, to;
    bool wrong;
};

struct side {
    struct pair *pair;
    void (*run)(struct pair *p);
};

static inline void relax(void)
{
    __builtin_ia32_pause();
}

static void put(struct ptr_ring *r, uint32_t capacity, void *item)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    while (tail - r->seen_head >= capacity) {
        r->seen_head = atomic_load_explicit(&r->head, memory_order_acquire);
        if (tail - r->seen_head >= capacity)
            relax();
    }
    r->items[tail % SLOTS] = item;
    atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
}

static void *get(struct ptr_ring *r)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    while (head == r->seen_tail) {
        r->seen_tail = atomic_load_explicit(&r->tail, memory_order_acquire);
        if (head == r->seen_tail)
            relax();
    }
    void *item = r->items[head % SLOTS];
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
    return item;
}

static void *block_number(struct pair *p, uint32_t i)
{
    return (void *)((uintptr_t)p + i); /* nobody looks behind it */
}

/* ---- the two sides of each pattern ---- */

static void rally_client(struct pair *p)
{
    void *block = block_number(p, 1);
    for (uint32_t i = 0; i < p->batch->warmup + p->batch->messages; i++) {
        if (i == p->batch->warmup)
            p->from = bench_now_ns();
        put(&p->there, p->capacity, block);
        block = get(&p->back);
    }
    p->to = bench_now_ns();
    p->wrong = block != block_number(p, 1);
}

static void rally_server(struct pair *p)
{
    for (uint32_t i = 0; i < p->batch->warmup + p->batch->messages; i++)
        put(&p->back, p->capacity, get(&p->there));
}

static void flow_client(struct pair *p)
{
    for (uint32_t i = 0; i < p->pool; i++)
        put(&p->there, p->capacity, block_number(p, i));
    for (uint32_t i = 0; i < p->batch->warmup + p->batch->messages; i++) {
        if (i == p->batch->warmup)
            p->from = bench_now_ns();
        put(&p->there, p->capacity, get(&p->back));
    }
    for (uint32_t i = 0; i < p->pool; i++)
        p->wrong |= !get(&p->back);
    p->to = bench_now_ns();
}

static void flow_server(struct pair *p)
{
    uint32_t all = p->pool + p->batch->warmup + p->batch->messages;
    for (uint32_t i = 0; i < all; i++)
        put(&p->back, p->capacity, get(&p->there));
}

static void numbers_client(struct pair *p)
{
    for (uint32_t i = 0; i < p->batch->warmup + p->batch->messages; i++)
        put(&p->there, p->capacity, block_number(p, i));
}

static void numbers_server(struct pair *p)
{
    for (uint32_t i = 0; i < p->batch->warmup + p->batch->messages; i++) {
        if (i == p->batch->warmup)
            p->from = bench_now_ns();
        p->wrong |= get(&p->there) != block_number(p, i);
    }
    p->to = bench_now_ns();
}

static void line_client(struct pair *p)
{
    p->from = bench_now_ns();
    for (uint32_t i = 0; i < p->batch->messages; i++) {
        atomic_store_explicit(&p->line, 2 * i + 1, memory_order_release);
        while (atomic_load_explicit(&p->line, memory_order_acquire) != 2 * i + 2)
            relax();
    }
    p->to = bench_now_ns();
}

static void line_server(struct pair *p)
{
    for (uint32_t i = 0; i < p->batch->messages; i++) {
        while (atomic_load_explicit(&p->line, memory_order_acquire) != 2 * i + 1)
            relax();
        atomic_store_explicit(&p->line, 2 * i + 2, memory_order_release);
    }
}

/* ---- threads ---- */

static cpu_set_t only(unsigned core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return set;
}

bool cores_bind(unsigned core)
{
    cpu_set_t set = only(core);
    return sched_setaffinity(0, sizeof set, &set) == 0;
}

bool cores_two(unsigned first, unsigned cores[2])
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set))
        return false;
    cores[0] = first;
    for (cores[1] = 0; cores[1] < CPU_SETSIZE; cores[1]++)
        if (cores[1] != first && CPU_ISSET(cores[1], &set))
            return true;
    return false;
}

static void *thread(void *arg)
{
    struct side *s = arg;
    s->run(s->pair);
    return NULL;
}

/* It begins where it belongs: on the core of the other side it might never get to run. */
static bool begin(pthread_t *t, struct side *s, unsigned core)
{
    cpu_set_t set = only(core);
    pthread_attr_t attr;
    if (pthread_attr_init(&attr))
        return false;
    bool ok = pthread_attr_setaffinity_np(&attr, sizeof set, &set) == 0 &&
              pthread_create(t, &attr, thread, s) == 0;
    pthread_attr_destroy(&attr);
    return ok;
}

/* Nanoseconds of the whole batch. */
static double run_pair(struct pair *p, const unsigned cores[2], void (*client)(struct pair *),
                       void (*server)(struct pair *))
{
    struct side sides[2] = {{p, client}, {p, server}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        if (!begin(&threads[i], &sides[i], cores[i])) {
            complain("bench: no thread can be made");
            abort();
        }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    if (!p->wrong)
        return (double)(p->to - p->from);
    complain("bench: a message of the raw ring was lost");
    return -1;
}

static double run(const unsigned cores[2], const struct batch *b, uint32_t capacity, uint32_t pool,
                  void (*client)(struct pair *), void (*server)(struct pair *))
{
    struct pair *p = aligned_alloc(_Alignof(struct pair), sizeof *p);
    if (!p)
        return -1;
    memset(p, 0, sizeof *p);
    p->batch = b;
    p->capacity = capacity;
    p->pool = pool;
    double ns = run_pair(p, cores, client, server);
    free(p);
    return ns < 0 ? ns : ns / b->messages;
}

double cores_line(const unsigned cores[2], uint32_t n)
{
    struct batch b = {.messages = n};
    return run(cores, &b, 1, 0, line_client, line_server);
}

double cores_ring(const unsigned cores[2], const struct batch *b, uint32_t pool)
{
    switch (b->pattern) {
    case RALLY:
        return run(cores, b, 1, 0, rally_client, rally_server);
    case STREAM:
        return run(cores, b, pool, pool, flow_client, flow_server);
    case NUMBERS:
        return run(cores, b, SLOTS, 0, numbers_client, numbers_server);
    }
    return -1;
}
