#include "runtime/kernel/sim.h"

#include <string.h>

enum {
    CHECK_NS = 10,  /* about what a turn of a loop takes */
    SLICE_NS = 100, /* so that time passes for those that only give way, too */
    PICK_MAX = 64,
    SLICES = 12 /* slices have up to 1 << 0, ... 1 << (SLICES - 1) checks, each as often */
};

void sim_open(struct sim *m, uint64_t seed, sim_trace trace, void *ctx)
{
    *m = (struct sim){
        .on = seed != 0, .state = seed, .now_ns = 1000000000, .trace = trace, .ctx = ctx};
}

/* splitmix64: every state is good, neighbouring seeds too. */
uint64_t sim_random(struct sim *m)
{
    uint64_t z = m->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void sim_fill(struct sim *m, void *out, size_t n)
{
    for (uint8_t *p = out; n;) {
        uint64_t r = sim_random(m);
        size_t k = n < sizeof r ? n : sizeof r;
        memcpy(p, &r, k);
        p += k;
        n -= k;
    }
}

struct list *sim_take(struct sim *m, struct list *runq)
{
    uint32_t n = 0;
    for (struct list *l = runq->next; l != runq && n < PICK_MAX; l = l->next)
        n++;
    if (!n)
        return NULL;
    struct list *l = runq->next;
    for (uint64_t k = sim_random(m) % n; k; k--)
        l = l->next;
    list_remove(l);
    return l;
}

void sim_slice(struct sim *m, struct proc *p)
{
    uint64_t r = sim_random(m);
    m->now_ns += SLICE_NS;
    atomic_store_explicit(&p->interrupt, 1, memory_order_relaxed);
    m->checks = 1 + (uint32_t)(r >> 32) % (1u << r % SLICES);
    sim_event(m, SIM_START, p);
}

void sim_check(struct sim *m, const struct proc *p)
{
    m->now_ns += CHECK_NS;
    m->checks -= m->checks != 0;
    sim_event(m, SIM_CHECK, p);
}
