/* A block goes around a ring of SIPs. Each adds one to a counter in it, so nobody was left out; and
 * the system is counted before and after, for nothing may grow, however far the block goes.
 */
#include "bench/ring.h"

#include <stdio.h>
#include <string.h>

enum { STACK_BYTES = 64 << 10 };

static const char *const any[] = {"*", NULL};

static struct singula_sip *spawn(const struct ring *r, struct singula_system *sys,
                                 struct singula_module *m, const char *entry, bool resident)
{
    struct singula_spawn opt = {.name = entry,
                                .entry = entry,
                                .resident = resident,
                                .memory_mode = r->memory,
                                .stack_bytes = STACK_BYTES,
                                .publish = any,
                                .connect = any};
    struct singula_sip *sip = NULL;
    struct singula_diag why = {0};
    if (singula_spawn(sys, m, &opt, &sip, &why))
        complain_diag("bench", &why);
    return sip;
}

/* Spawns the ring; the last one of it, which has the block. */
static struct singula_sip *wire(const struct ring *r, struct singula_system *sys,
                                struct singula_module *m)
{
    static const char *const entries[] = {"even", "odd"};
    for (uint32_t i = 0; i < r->sips; i++) {
        bool end = i + 1 == r->sips;
        const char *entry = i == 0 ? "first" : end ? "last" : entries[i % 2];
        struct singula_sip *sip = spawn(r, sys, m, entry, end);
        int how = sip ? singula_run(sys, NULL, SINGULA_FOREVER) : SINGULA_RUN_DONE;
        if (!sip || how != SINGULA_RUN_STUCK || singula_sip_state(sip) != SINGULA_BLOCKED) {
            complain("bench: SIP %u of the ring does not wait\n%s", i,
                     sip ? singula_sip_report(sip) : "");
            return NULL;
        }
        if (end)
            return sip;
        if (i % 256 == 0)
            bench_progress(i, r->sips, "ring");
    }
    return NULL;
}

static void level(struct singula_system *sys, struct ring_level *l)
{
    singula_stats(sys, &l->stats);
    l->resident = bench_resident_bytes();
}

static bool laps(struct ring *r, struct singula_sip *last, uint32_t n)
{
    struct singula_diag why = {0};
    uint64_t arg = n, hops = 0;
    if (singula_call(last, "laps", &arg, 1, &hops, 1, &why)) {
        complain_diag("laps", &why);
        return false;
    }
    r->hops += hops;
    if (hops == (uint64_t)n * r->sips)
        return true;
    complain("bench: the block was passed on %llu times in place of %llu", (unsigned long long)hops,
             (unsigned long long)n * r->sips);
    return false;
}

/* The laps of a round: at least a hundred thousand hops. */
static uint32_t laps_of(const struct ring *r)
{
    return r->sips >= 100000 ? 1 : 100000 / r->sips;
}

static bool go_round(struct ring *r, struct singula_system *sys, struct singula_sip *last)
{
    uint32_t n = laps_of(r);
    if (!laps(r, last, 1))
        return false;
    level(sys, &r->before);
    for (unsigned round = 0; round < r->rounds; round++) {
        bench_progress(round, r->rounds, "laps");
        double t = bench_cpu_ns();
        if (!laps(r, last, n))
            return false;
        samples_add(&r->hop_ns, (bench_cpu_ns() - t) / ((double)n * r->sips));
    }
    bench_progress(0, 0, NULL);
    level(sys, &r->after);
    struct singula_diag why = {0};
    if (singula_audit(sys, &why)) {
        complain_diag("bench", &why);
        return false;
    }
    return true;
}

/* Where the last one was its neighbours see their channels closed, and so on all around. */
static bool cut(struct ring *r, struct singula_system *sys, struct singula_sip *last)
{
    singula_sip_destroy(last);
    if (singula_run(sys, NULL, SINGULA_FOREVER) != SINGULA_RUN_DONE) {
        complain("bench: not all SIPs of the ring have ended");
        return false;
    }
    level(sys, &r->ended);
    const struct singula_stats *s = &r->ended.stats;
    if (!s->blocks && !s->endpoints && !s->listeners)
        return true;
    complain("bench: the ring has left something behind");
    return false;
}

bool ring_grew(const struct ring *r)
{
    return memcmp(&r->before.stats, &r->after.stats, sizeof r->after.stats) != 0;
}

bool ring_measure(struct ring *r)
{
    struct singula_config cfg = {
        .monitor = SINGULA_MONITOR_OFF, .engine = r->engine, .max_sips = r->sips + 64};
    struct singula_diag why = {0};
    struct singula_system *sys = NULL;
    struct singula_module *m = bench_module("sips-ring.wasm");
    if (m && singula_system_create(&cfg, &sys, &why))
        complain_diag("bench", &why);
    struct singula_sip *last = sys ? wire(r, sys, m) : NULL;
    bool ok = last && go_round(r, sys, last);
    if (ok && ring_grew(r)) {
        ring_print(r);
        complain("bench: something has grown while the block went round");
        ok = false;
    }
    ok = ok && cut(r, sys, last);
    singula_system_destroy(sys);
    singula_module_destroy(m);
    return ok;
}

/* ---- printing ---- */

void ring_print(struct ring *r)
{
    char text[BENCH_SPREAD], best[BENCH_TIME];
    const struct singula_stats *a = &r->before.stats, *b = &r->after.stats;
    printf("%-34s %s, at best %s\n", "a block goes from SIP to SIP in",
           bench_spread(&r->hop_ns, text), bench_time(samples_quantile(&r->hop_ns, 0), best));
    printf("  %u SIPs in a ring, %llu hops; before and after: blocks %llu %llu, bytes in blocks "
           "%llu %llu,\n  pages %llu %llu, ends of channels %llu %llu, memory of the process "
           "%.2f %.2f MB\n",
           r->sips, (unsigned long long)r->hops, (unsigned long long)a->blocks,
           (unsigned long long)b->blocks, (unsigned long long)a->block_bytes,
           (unsigned long long)b->block_bytes, (unsigned long long)a->pages,
           (unsigned long long)b->pages, (unsigned long long)a->endpoints,
           (unsigned long long)b->endpoints, (double)r->before.resident / 1e6,
           (double)r->after.resident / 1e6);
}

static json_t *level_json(const struct ring_level *l)
{
    const struct singula_stats *s = &l->stats;
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "sips", (json_int_t)s->sips, "pages",
                     (json_int_t)s->pages, "blocks", (json_int_t)s->blocks, "block_bytes",
                     (json_int_t)s->block_bytes, "endpoints", (json_int_t)s->endpoints, "listeners",
                     (json_int_t)s->listeners, "resident", (json_int_t)l->resident);
}

json_t *ring_json(struct ring *r)
{
    return json_pack("{s:i, s:I, s:o, s:o, s:o, s:o}", "sips", (int)r->sips, "hops",
                     (json_int_t)r->hops, "hop_ns", samples_json(&r->hop_ns), "before",
                     level_json(&r->before), "after", level_json(&r->after), "ended",
                     level_json(&r->ended));
}
