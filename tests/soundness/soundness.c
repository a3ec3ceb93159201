/* Random programs against the monitor: soundness [--seconds S] [--programs N] [--runs R] [--seed S]
 * [--mutants M] [--show SEED]
 *
 * Each program is judged; what is accepted is run again and again with random choices and peers
 * under the monitor. A broken rule, a leak at the return of `main`, or an audit that fails is a bug
 * of the verifier (or of the monitor): the program is made small, printed, and the exit status
 * is 1. Every accepted program is then changed step by step (mutate.c), and what is still accepted
 * is run in turn. Some refused programs are run as well, to see how many really misbehave; others
 * get the certificate of the program that they were made from, damaged or not: if the checker
 * believes it, they are run, too. A proof that the checker does not confirm is a disagreement, also
 * a bug.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/soundness/gen.h"
#include "tests/soundness/mutate.h"
#include "verifier/cert.h"

#define CERT_HEADER 32u /* bytes: which module it is for */

struct options {
    uint64_t seed, programs, show;
    uint32_t runs, mutants;
    double seconds;
    bool quiet, showing;
};

struct totals {
    uint64_t programs, invalid, accepted, refused, mutants, mutants_accepted, runs;
    uint64_t by_outcome[OUT_VIOLATION + 1], by_code[STATUS_N], by_trap[TRAP_N];
    uint64_t tried_refused, misbehaved, violations, disagreements;
    uint64_t forged, forged_accepted;
};

struct session {
    struct world w;
    struct options opt;
    struct totals n;
    struct bytes b;
    struct strbuf certificate, forged; /* certificate: of the program that is being changed */
    struct prog prog, work, small;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Runs an accepted or refused module; true if a rule was broken in one of the runs. */
static bool misbehaves(struct session *s, const struct verified_module *m, uint64_t seed,
                       uint32_t runs, struct run_report *how, bool count)
{
    struct guest g;
    bool found = false;
    if (!guest_open(&g, &s->w, m))
        exit(2);
    for (uint32_t i = 0; i < runs && !found; i++) {
        s->w.rng.s = seed + i;
        s->w.quiet = i % 4 == 3;
        *how = guest_run(&g);
        found = how->outcome == OUT_VIOLATION;
        if (count) {
            s->n.runs++;
            s->n.by_outcome[how->outcome]++;
            s->n.by_trap[how->trap]++;
        }
        if (i > 3 && s->w.chosen == 0 && how->outcome == OUT_DONE)
            break; /* nothing depends on chance */
    }
    guest_close(&g);
    return found;
}

struct predicate {
    struct session *s;
    uint64_t seed;
};

static bool still_wrong(void *ctx, const struct prog *p)
{
    struct predicate *q = ctx;
    struct verified_module *m;
    struct diag why;
    struct run_report how;
    prog_emit(p, &q->s->w, &q->s->b);
    if (world_judge(q->s->b.p, q->s->b.n, &m, &why) != J_ACCEPTED) {
        verified_destroy(m);
        return false;
    }
    bool wrong = misbehaves(q->s, m, q->seed, 200, &how, false);
    verified_destroy(m);
    return wrong;
}

static void report(struct session *s, const struct prog *p, uint64_t seed, struct run_report how)
{
    struct predicate q = {s, seed};
    s->n.violations++;
    printf("VIOLATION seed %llu: %s\n", (unsigned long long)seed, trap_name(how.trap));
    prog_copy(&s->small, p);
    prog_shrink(&s->small, &s->w, still_wrong, &q);
    prog_print(&s->small, &s->w, stdout);
    prog_emit(&s->small, &s->w, &s->b);
    FILE *f = fopen("violation.wasm", "wb");
    if (f) {
        fwrite(s->b.p, 1, s->b.n, f);
        fclose(f);
    }
    fflush(stdout);
}

/* The certificate of an accepted program with the header of a refused one, as it is and damaged: if
 * that convinces the checker, the program must be right all the same. */
static void forge(struct session *s, const struct prog *p, uint64_t seed, struct rng *r)
{
    struct verified_module *m = world_unproved(s->b.p, s->b.n), *forged;
    struct run_report how;
    struct diag why;
    for (uint32_t i = 0; i < 4 && s->certificate.len > CERT_HEADER; i++) {
        s->forged.len = 0;
        cert_put_header(&s->forged, verified_view(m));
        check(s->forged.len == CERT_HEADER);
        strbuf_put(&s->forged, s->certificate.s + CERT_HEADER, s->certificate.len - CERT_HEADER);
        for (uint32_t k = 0; k < i; k++) {
            uint32_t at = CERT_HEADER + rng_below(r, (uint32_t)(s->forged.len - CERT_HEADER));
            uint32_t old = (uint8_t)s->forged.s[at];
            s->forged.s[at] =
                (char)(rng_below(r, 2) ? old ^ 1u << rng_below(r, 7) : rng_below(r, 128));
        }
        s->n.forged++;
        if (world_judge_by(s->b.p, s->b.n, &s->forged, &forged, &why) != J_ACCEPTED)
            continue;
        s->n.forged_accepted++;
        if (misbehaves(s, forged, seed, 60, &how, false)) {
            s->n.violations++;
            printf("VIOLATION seed %llu: the checker believes a forged certificate, %s\n",
                   (unsigned long long)seed, trap_name(how.trap));
            prog_print(p, &s->w, stdout);
        }
        verified_destroy(forged);
    }
    verified_destroy(m);
}

/* The fixpoint has found a proof that the checker does not believe. */
static void disagreement(struct session *s, const struct prog *p, uint64_t seed,
                         const struct diag *why)
{
    s->n.disagreements++;
    printf("DISAGREEMENT seed %llu: func[%u]+0x%x: %s\n", (unsigned long long)seed, why->func,
           why->func_offset, why->detail);
    prog_print(p, &s->w, stdout);
}

/* Judges a program and runs it. True if it is accepted. */
static bool examine(struct session *s, const struct prog *p, uint64_t seed, bool mutant,
                    struct rng *r)
{
    struct verified_module *m;
    struct diag why;
    struct run_report how;
    prog_emit(p, &s->w, &s->b);
    enum judgement j = world_judge(s->b.p, s->b.n, &m, &why);
    if (j == J_INVALID) {
        s->n.invalid++;
        if (!mutant && !s->opt.quiet)
            printf("seed %llu: not valid: %s %s at 0x%x\n", (unsigned long long)seed,
                   status_name(why.code), why.detail, why.offset);
        return false;
    }
    s->n.programs += !mutant;
    s->n.mutants += mutant;
    if (j == J_ACCEPTED) {
        s->n.accepted += !mutant;
        s->n.mutants_accepted += mutant;
        if (misbehaves(s, m, seed, s->opt.runs, &how, true))
            report(s, p, seed, how);
    } else {
        s->n.refused++;
        s->n.by_code[why.code]++;
        if (why.code == OWN_CERTIFICATE)
            disagreement(s, p, seed, &why);
        if (mutant && rng_chance(r, 30))
            forge(s, p, seed, r);
        if (!mutant && seed % 16 == 0) {
            m = world_unproved(s->b.p, s->b.n);
            s->n.tried_refused++;
            s->n.misbehaved += misbehaves(s, m, seed, 150, &how, false);
        }
    }
    verified_destroy(m);
    return j == J_ACCEPTED;
}

static void one_seed(struct session *s, uint64_t seed)
{
    struct rng r = {seed ^ 0x5eed};
    gen_program(&s->prog, &s->w, seed);
    bool accepted = examine(s, &s->prog, seed, false, &r);
    if (accepted && !world_certificate(s->b.p, s->b.n, &s->certificate))
        abort();
    for (uint32_t i = 0; accepted && i < s->opt.mutants && !s->n.violations; i++) {
        prog_copy(&s->work, &s->prog);
        if (prog_mutate(&s->work, &s->w, &r) && examine(s, &s->work, seed, true, &r)) {
            prog_copy(&s->prog, &s->work);
            if (!world_certificate(s->b.p, s->b.n, &s->certificate))
                abort();
        }
    }
    if (seed % 256 == 0 && !world_audit(&s->w))
        s->n.violations++;
}

static void print_totals(const struct session *s, double seconds)
{
    const struct totals *n = &s->n;
    static const char *const outcomes[] = {"done", "trap", "stuck", "long", "VIOLATION"};
    uint64_t accepted = n->accepted + n->mutants_accepted;
    printf("%llu programs, %llu accepted (%.0f%%); %llu mutants, %llu accepted (%.0f%%); %llu not "
           "valid\n",
           (unsigned long long)n->programs, (unsigned long long)n->accepted,
           100.0 * (double)n->accepted / (double)(n->programs ? n->programs : 1),
           (unsigned long long)n->mutants, (unsigned long long)n->mutants_accepted,
           100.0 * (double)n->mutants_accepted / (double)(n->mutants ? n->mutants : 1),
           (unsigned long long)n->invalid);
    printf("%llu accepted programs, %llu runs:", (unsigned long long)accepted,
           (unsigned long long)n->runs);
    for (uint32_t i = 0; i <= OUT_VIOLATION; i++)
        printf(" %s %llu", outcomes[i], (unsigned long long)n->by_outcome[i]);
    printf("\nrefused programs that were run: %llu, misbehaved: %llu (%.1f%%)\ntraps:",
           (unsigned long long)n->tried_refused, (unsigned long long)n->misbehaved,
           100.0 * (double)n->misbehaved / (double)(n->tried_refused ? n->tried_refused : 1));
    for (uint32_t i = 1; i < TRAP_N; i++)
        if (n->by_trap[i])
            printf(" %s %llu", trap_name((enum trap)i), (unsigned long long)n->by_trap[i]);
    printf("\nrefusals:");
    for (uint32_t i = 1; i < STATUS_N; i++)
        if (n->by_code[i])
            printf(" %s %llu", status_name((enum status)i), (unsigned long long)n->by_code[i]);
    printf("\nforged certificates of refused programs: %llu, accepted: %llu\n",
           (unsigned long long)n->forged, (unsigned long long)n->forged_accepted);
    printf("%.1f s, %.0f accepted programs/s, disagreements: %llu, violations: %llu\n", seconds,
           (double)accepted / seconds, (unsigned long long)n->disagreements,
           (unsigned long long)n->violations);
}

static bool options(struct options *o, int argc, char **argv)
{
    *o = (struct options){
        .seed = 1, .programs = UINT64_MAX, .seconds = 1e9, .runs = 24, .mutants = 40};
    for (int i = 1; i < argc; i += 2) {
        const char *k = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;
        if (!v)
            return false;
        if (strcmp(k, "--seed") == 0)
            o->seed = strtoull(v, NULL, 0);
        else if (strcmp(k, "--programs") == 0)
            o->programs = strtoull(v, NULL, 0);
        else if (strcmp(k, "--seconds") == 0)
            o->seconds = strtod(v, NULL);
        else if (strcmp(k, "--runs") == 0)
            o->runs = (uint32_t)strtoul(v, NULL, 0);
        else if (strcmp(k, "--mutants") == 0)
            o->mutants = (uint32_t)strtoul(v, NULL, 0);
        else if (strcmp(k, "--show") == 0)
            o->showing = true, o->show = strtoull(v, NULL, 0);
        else
            return false;
    }
    return o->programs != UINT64_MAX || o->seconds < 1e9 || o->showing;
}

/* The program of a seed and the verdict on it. */
static void show(struct session *s)
{
    struct verified_module *m;
    struct diag why;
    diag_clear(&why);
    gen_program(&s->prog, &s->w, s->opt.show);
    prog_print(&s->prog, &s->w, stdout);
    prog_emit(&s->prog, &s->w, &s->b);
    enum judgement j = world_judge(s->b.p, s->b.n, &m, &why);
    printf("%s %s func[%u]+0x%x: %s\n",
           j == J_ACCEPTED  ? "accepted"
           : j == J_REFUSED ? "refused"
                            : "not valid",
           status_name(why.code), why.func, why.func_offset, why.detail);
    verified_destroy(m);
}

int main(int argc, char **argv)
{
    struct session *s = calloc(1, sizeof *s);
    if (!s || !options(&s->opt, argc, argv)) {
        fprintf(stderr,
                "usage: %s --programs N | --seconds S [--seed S] [--runs R] [--mutants M] "
                "[--show SEED]\n",
                argv[0]);
        return 2;
    }
    world_open(&s->w, NULL);
    double began = now();
    if (s->opt.showing)
        show(s);
    else
        for (uint64_t i = 0; i < s->opt.programs && now() - began < s->opt.seconds; i++) {
            one_seed(s, s->opt.seed + i);
            if (s->n.violations || s->n.disagreements > 5)
                break;
        }
    if (!s->opt.showing)
        print_totals(s, now() - began);
    int failed = s->n.violations || s->n.disagreements;
    world_close(&s->w);
    strbuf_clear(&s->certificate);
    strbuf_clear(&s->forged);
    free(s->b.p);
    free(s);
    return failed;
}
