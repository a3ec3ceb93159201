/* A batch between two SIPs: both are spawned afresh, the clock runs between the marks that the
 * client sets. */
#include "bench/cores.h"

#include <stdio.h>
#include <string.h>

/* bench.mark() */
static int mark(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)sip;
    (void)slots;
    struct sips *s = ctx;
    if (s->nmarks < 2)
        s->marks[s->nmarks++] = bench_now_ns();
    return 0;
}

/* bench.here(): a guest has begun, the client (0) or the server (1), on its worker's thread. */
static int here(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    const struct sips *s = ctx;
    (void)sip;
    return s->cores && !cores_bind(s->cores[slots[0] & 1]);
}

bool sips_open(struct sips *s, int memory, int monitor, int engine, unsigned workers,
               const unsigned *cores)
{
    struct singula_config cfg = {.monitor = monitor, .engine = engine, .workers = workers};
    *s = (struct sips){.memory = memory, .cores = cores};
    struct singula_diag why = {0};
    s->server = bench_module("channel-server.wasm");
    s->client = s->server ? bench_module("channel-client.wasm") : NULL;
    if (!s->client)
        return false;
    if (singula_system_create(&cfg, &s->sys, &why) ||
        singula_host_function(s->sys, "bench", "here", "i:", here, s, &why) ||
        singula_host_function(s->sys, "bench", "mark", ":", mark, s, &why)) {
        complain_diag("bench", &why);
        return false;
    }
    return true;
}

void sips_close(struct sips *s)
{
    if (s->client)
        singula_module_destroy(s->client);
    if (s->server)
        singula_module_destroy(s->server);
    singula_system_destroy(s->sys);
    *s = (struct sips){0};
}

/* True if it ended well; complains. */
static bool ended_well(struct singula_sip *sip)
{
    if (!sip)
        return false;
    if (singula_sip_state(sip) == SINGULA_EXITED && singula_sip_exit_code(sip) == 0)
        return true;
    complain("bench: SIP %s ended with exit code %d, trap %s\n%s", singula_sip_name(sip),
             singula_sip_exit_code(sip), singula_sip_trap(sip), singula_sip_report(sip));
    return false;
}

/* Blocks that circulate in a stream: what fits into 2 MiB, from 4 to 16 (the queue's capacity). */
static uint32_t pool_size(uint32_t size)
{
    uint32_t n = (2u << 20) / size;
    return n < 4 ? 4 : n > 16 ? 16 : n;
}

double sips_batch(struct sips *s, const struct batch *b)
{
    char size[16], work[16], messages[16], warmup[16], pool[16];
    snprintf(size, sizeof size, "%u", b->size);
    snprintf(work, sizeof work, "%d", (int)b->work);
    snprintf(messages, sizeof messages, "%u", b->messages);
    snprintf(warmup, sizeof warmup, "%u", b->warmup);
    snprintf(pool, sizeof pool, "%u", pool_size(b->size));
    const char *pattern = b->pattern == RALLY     ? b->apart ? "apart" : "rally"
                          : b->pattern == NUMBERS ? "numbers"
                                                  : "flow";
    const char *const args[] = {"bench", pattern, size, work, messages, warmup, pool, NULL};
    static const char *const any[] = {"*", NULL};
    struct singula_spawn opt = {.memory_mode = s->memory, .args = args};
    struct singula_diag why = {0};
    struct singula_sip *server = NULL, *client = NULL;
    s->nmarks = 0;
    opt.name = "server";
    opt.worker = s->cores ? 2 : 1;
    opt.publish = any;
    bool ok = !singula_spawn(s->sys, s->server, &opt, &server, &why);
    /* Until it waits for its client, that is, everything waits. */
    ok = ok && singula_run(s->sys, NULL, SINGULA_FOREVER) == 2;
    opt.name = "client";
    opt.worker = 1;
    opt.connect = any;
    ok = ok && !singula_spawn(s->sys, s->client, &opt, &client, &why);
    if (!ok && why.code)
        complain_diag("bench", &why);
    int left = ok ? singula_run(s->sys, NULL, SINGULA_FOREVER) : 0;
    if (left == 2)
        complain("bench: the SIPs wait for each other");
    ok = ok && left == 0;
    bool both = ended_well(server);
    both = ended_well(client) && both;
    ok = ok && both && s->nmarks == 2;
    singula_sip_destroy(server);
    singula_sip_destroy(client);
    return ok ? (double)(s->marks[1] - s->marks[0]) / b->messages : -1;
}
