/* singula bench compute: the same C functions as native code and in a SIP. */
#include "bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/kernels/kernels.h"

static const struct kernel {
    const char *name, *what;
    uint64_t (*native)(uint32_t n);
    uint32_t work;
} kernels[] = {
#define KERNEL(name, work, what) {#name, what, kernel_##name, work},
#include "bench/kernels/kernels.def"
#undef KERNEL
};
enum { NKERNELS = sizeof kernels / sizeof kernels[0] };

enum { OPT_ROUNDS = OPT_LONG, OPT_QUICK, OPT_KERNEL, OPT_MEMORY, OPT_JSON };

static const struct opt_def options[] = {
    {OPT_ROUNDS, "rounds", "N", "measurements of each cell (default 7)"},
    {OPT_QUICK, "quick", NULL, "two rounds"},
    {OPT_KERNEL, "kernel", "NAME", "only this one"},
    {OPT_MEMORY, "memory", "MODE", "guard (default) or compact"},
    {OPT_JSON, "json", NULL, "print JSON"},
    {0, NULL, NULL, NULL},
};

struct bench {
    unsigned rounds;
    int only; /* index, or -1 */
    int memory;
    bool json;
    struct singula_system *sys;
    struct singula_sip *sip;
    struct samples native[NKERNELS], guest[NKERNELS];
};

static const char *const modes[] = {"guard", "compact", NULL};

static int take_options(struct bench *b, const struct command *self, int argc, char **argv)
{
    const char *names[NKERNELS + 1] = {0};
    for (int i = 0; i < NKERNELS; i++)
        names[i] = kernels[i].name;
    struct opts o;
    uint64_t n;
    opts_begin(&o, self, argc, argv);
    for (int c; (c = opts_next(&o)) != OPT_END;) {
        if (c == OPT_STOP)
            return o.status ? o.status : -1;
        if (c == OPT_ROUNDS) {
            if (!opts_count("--rounds", o.value, 1, 10000, &n))
                return EXIT_USAGE;
            b->rounds = (unsigned)n;
        } else if (c == OPT_QUICK) {
            b->rounds = 2;
        } else if (c == OPT_JSON) {
            b->json = true;
        } else {
            int at = c == OPT_KERNEL ? opts_choice("--kernel", o.value, names)
                                     : opts_choice("--memory", o.value, modes);
            if (at < 0)
                return EXIT_USAGE;
            *(c == OPT_KERNEL ? &b->only : &b->memory) = at;
        }
    }
    return EXIT_OK;
}

static bool start(struct bench *b)
{
    struct singula_diag why = {0};
    struct singula_module *m = bench_module("compute.wasm");
    if (!m)
        return false;
    struct singula_spawn opt = {.name = "compute", .entry = "", .memory_mode = b->memory};
    bool ok = !singula_system_create(NULL, &b->sys, &why) &&
              !singula_spawn(b->sys, m, &opt, &b->sip, &why);
    if (!ok)
        complain_diag("compute.wasm", &why);
    singula_module_destroy(m);
    return ok;
}

/* One measurement of one kernel on both sides; false if the results differ or the guest trapped. */
static bool measure(struct bench *b, int i, bool keep)
{
    const struct kernel *k = &kernels[i];
    struct singula_diag why = {0};
    uint64_t arg = k->work, result = 0;
    uint64_t t0 = bench_now_ns();
    uint64_t expected = k->native(k->work);
    uint64_t t1 = bench_now_ns();
    int bad = singula_call(b->sip, k->name, &arg, 1, &result, 1, &why);
    uint64_t t2 = bench_now_ns();
    if (bad) {
        complain_diag(k->name, &why);
        return false;
    }
    if (result != expected) {
        complain("bench: %s gives 0x%llx in the SIP and 0x%llx natively", k->name,
                 (unsigned long long)result, (unsigned long long)expected);
        return false;
    }
    if (keep) {
        samples_add(&b->native[i], (double)(t1 - t0));
        samples_add(&b->guest[i], (double)(t2 - t1));
    }
    return true;
}

static bool measure_all(struct bench *b)
{
    for (unsigned round = 0; round <= b->rounds; round++) /* round 0 warms up */
        for (int i = 0; i < NKERNELS; i++) {
            if (b->only >= 0 && b->only != i)
                continue;
            bench_progress(round, b->rounds, kernels[i].name);
            if (!measure(b, i, round > 0))
                return false;
        }
    bench_progress(0, 0, NULL);
    return true;
}

static double ratio(struct bench *b, int i)
{
    return samples_quantile(&b->guest[i], 0.5) / samples_quantile(&b->native[i], 0.5);
}

static double geomean(struct bench *b)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < NKERNELS; i++)
        if (b->native[i].n) {
            sum += log(ratio(b, i));
            n++;
        }
    return n ? exp(sum / n) : 0;
}

static int print_table(struct bench *b)
{
    printf("%-9s %-43s %-22s %-22s %6s\n", "kernel", "what", "native", "interpreted", "ratio");
    for (int i = 0; i < NKERNELS; i++) {
        char n[BENCH_SPREAD], g[BENCH_SPREAD];
        if (b->native[i].n)
            printf("%-9s %-43s %-22s %-22s %5.1fx\n", kernels[i].name, kernels[i].what,
                   bench_spread(&b->native[i], n), bench_spread(&b->guest[i], g), ratio(b, i));
    }
    printf("\ngeometric mean: %.1fx native (" BENCH_NATIVE_CC
           "); %s memory; medians (p10-p90) of %u rounds; "
           "all results equal\n",
           geomean(b), modes[b->memory], b->rounds);
    return EXIT_OK;
}

static int print_json(struct bench *b)
{
    json_t *doc = bench_json_head("compute", b->rounds), *rows = json_array();
    for (int i = 0; i < NKERNELS; i++)
        if (b->native[i].n)
            json_array_append_new(
                rows, json_pack("{s:s, s:s, s:o, s:o, s:f}", "kernel", kernels[i].name, "what",
                                kernels[i].what, "native_ns", samples_json(&b->native[i]),
                                "interp_ns", samples_json(&b->guest[i]), "ratio", ratio(b, i)));
    json_object_set_new(doc, "native", json_string(BENCH_NATIVE_CC));
    json_object_set_new(doc, "memory", json_string(modes[b->memory]));
    json_object_set_new(doc, "kernels", rows);
    json_object_set_new(doc, "geomean_ratio", json_real(geomean(b)));
    return bench_print_json(doc);
}

static int compute_run(const struct command *self, int argc, char **argv)
{
    struct bench b = {.rounds = 7, .only = -1};
    int status = take_options(&b, self, argc, argv);
    if (status != EXIT_OK)
        return status < 0 ? EXIT_OK : status;
    status = !start(&b)         ? EXIT_REFUSED
             : !measure_all(&b) ? EXIT_REFUSED
             : b.json           ? print_json(&b)
                                : print_table(&b);
    singula_sip_destroy(b.sip);
    singula_system_destroy(b.sys);
    for (int i = 0; i < NKERNELS; i++) {
        samples_clear(&b.native[i]);
        samples_clear(&b.guest[i]);
    }
    return status;
}

const struct command bench_compute_command = {
    .name = "bench compute",
    .usage = "[OPTIONS]",
    .summary = "Measures small programs, interpreted and native.",
    .options = options,
    .details =
        "Each kernel is one C function (bench/kernels), compiled twice by the same compiler with\n"
        "-O3: natively and to Wasm. Native and interpreted runs alternate in every round; one "
        "round\n"
        "before the first is not counted. What is timed is the whole call: for the SIP from\n"
        "singula_call() to its return. The results of both sides must be equal in every round.\n\n"

        "exit status: 0 done, 1 a measurement failed or results differ, 2 wrong usage\n",
    .run = compute_run,
};
