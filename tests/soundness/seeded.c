/* The kill table: seeded [--programs N] [--seed S] [--only NAME] [--deep N] [--least N]
 *
 * Random programs and their mutations as in soundness.c. Whatever the verifier refuses is asked
 * again of a verifier with each seeded bug that is still alive; what that accepts is run under the
 * monitor, and a broken rule kills the bug. So does the checker of certificates when it does not
 * confirm what the fixpoint with a bug has accepted; a bug of the checker is killed when, with it,
 * such a program gets through and breaks a rule. --deep: then each survivor gets N programs whose
 * mutations walk through what IT accepts. Exit status 1 if a bug that is not marked as equivalent
 * survives (with
 * --least: if fewer than N are killed), if one that is marked is killed, or if bugs.txt is out of
 * date.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/soundness/gen.h"
#include "tests/soundness/mutate.h"
#include "tests/soundness/seeded.h"

unsigned seeded_bug, seeded_also;

enum { BUGS_MAX = 256, RUNS = 60, MUTANTS = 40 };

struct hunt {
    struct world w;
    struct bytes b;
    struct prog prog, work;
    uint64_t programs; /* judged so far */
    struct {
        bool dead, of_checker, by_checker;
        uint64_t programs, accepted;
        enum trap trap;
    } bug[BUGS_MAX + 1];
    unsigned alive, only, checkers; /* checkers: bugs of the checker that are alive */
};

static bool rule_broken(struct hunt *h, const struct verified_module *m, uint64_t seed,
                        struct run_report *how)
{
    struct guest g;
    bool found = false;
    if (!guest_open(&g, &h->w, m))
        exit(2);
    for (uint32_t i = 0; i < RUNS && !found; i++) {
        h->w.rng.s = seed + i;
        h->w.quiet = i % 4 == 3;
        *how = guest_run(&g);
        found = how->outcome == OUT_VIOLATION;
        if (i > 5 && h->w.chosen == 0)
            break;
    }
    guest_close(&g);
    return found;
}

static void kill_bug(struct hunt *h, unsigned n, enum trap trap, bool by_checker)
{
    if (h->bug[n].dead)
        return;
    h->bug[n].dead = true;
    h->bug[n].programs = h->programs;
    h->bug[n].trap = trap;
    h->bug[n].by_checker = by_checker;
    h->alive--;
    h->checkers -= h->bug[n].of_checker;
}

/* Asks the verifier with bugs n and `also` about h->b; what it accepts can kill `victim`. */
static enum status ask(struct hunt *h, unsigned n, unsigned also, unsigned victim, uint64_t seed)
{
    struct verified_module *m;
    struct diag why;
    struct run_report how;
    seeded_bug = n;
    seeded_also = also;
    enum judgement j = world_judge(h->b.p, h->b.n, &m, &why);
    seeded_bug = seeded_also = 0;
    if (j != J_ACCEPTED)
        return why.code;
    h->bug[victim].accepted++;
    if (rule_broken(h, m, seed, &how))
        kill_bug(h, victim, how.trap, false);
    verified_destroy(m);
    return OK;
}

/* True if the verifier with bug n accepts h->b. */
static bool try_bug(struct hunt *h, unsigned n, uint64_t seed)
{
    enum status why = ask(h, n, 0, n, seed);
    if (why != OWN_CERTIFICATE)
        return why == OK;
    kill_bug(h, n, TRAP_NONE, true);
    for (unsigned c = 1; c <= seeded_n && h->checkers; c++)
        if (h->bug[c].of_checker && !h->bug[c].dead && (!h->only || c == h->only))
            ask(h, n, c, c, seed);
    return false;
}

static bool wanted(const struct hunt *h, unsigned n)
{
    if (h->bug[n].of_checker)
        return false; /* tried with others */
    if (h->checkers && h->bug[n].by_checker)
        return true;
    return !h->bug[n].dead && (!h->only || n == h->only || h->bug[h->only].of_checker);
}

static bool judge(struct hunt *h, const struct prog *p, uint64_t seed)
{
    struct verified_module *m;
    struct diag why;
    prog_emit(p, &h->w, &h->b);
    enum judgement j = world_judge(h->b.p, h->b.n, &m, &why);
    verified_destroy(m);
    h->programs += j != J_INVALID;
    for (unsigned n = 1; j == J_REFUSED && n <= seeded_n; n++)
        if (wanted(h, n))
            try_bug(h, n, seed);
    return j == J_ACCEPTED;
}

/* A certain leak at every place of an accepted program: who takes one for unreachable accepts it.
 */
static void sweep(struct hunt *h, uint64_t seed)
{
    const struct insn leak[] = {{.op = OP_CALL, .x = ~(int32_t)h->w.leaky}, {.op = OP_DROP}};
    for (uint32_t i = 0; i < h->prog.nfuncs; i++)
        for (uint32_t at = 0; at <= h->prog.func[i].n; at++) {
            struct func *f = &h->work.func[i];
            prog_copy(&h->work, &h->prog);
            if (f->n + 2 > PROG_CODE)
                return;
            memmove(f->code + at + 2, f->code + at, (f->n - at) * sizeof *f->code);
            memcpy(f->code + at, leak, sizeof leak);
            f->n += 2;
            judge(h, &h->work, seed);
        }
}

static void broad(struct hunt *h, uint64_t seed)
{
    struct rng r = {seed ^ 0x5eed};
    gen_program(&h->prog, &h->w, seed);
    bool accepted = judge(h, &h->prog, seed);
    for (unsigned n = 1; accepted && n <= seeded_n; n++) /* can it still be proved? */
        if (!h->bug[n].dead && wanted(h, n))
            try_bug(h, n, seed);
    if (accepted && seed % 4 == 0)
        sweep(h, seed);
    for (uint32_t i = 0; accepted && i < MUTANTS; i++) {
        prog_copy(&h->work, &h->prog);
        if (prog_mutate(&h->work, &h->w, &r) && judge(h, &h->work, seed))
            prog_copy(&h->prog, &h->work);
    }
}

/* A walk through what the verifier with bug n accepts. */
static void deep(struct hunt *h, unsigned n, uint64_t seed)
{
    struct rng r = {seed ^ 0xdee9};
    gen_program(&h->prog, &h->w, seed);
    prog_emit(&h->prog, &h->w, &h->b);
    bool accepted = try_bug(h, n, seed);
    for (uint32_t i = 0; accepted && i < 2 * MUTANTS && !h->bug[n].dead; i++) {
        prog_copy(&h->work, &h->prog);
        if (!prog_mutate(&h->work, &h->w, &r))
            continue;
        prog_emit(&h->work, &h->w, &h->b);
        h->programs++;
        if (try_bug(h, n, seed))
            prog_copy(&h->prog, &h->work);
    }
}

static int report(const struct hunt *h, unsigned least)
{
    unsigned failed = 0, killed = 0;
    for (unsigned n = 1; n <= seeded_n; n++) {
        const struct seeded_row *s = &seeded_table[n - 1];
        if (h->only && n != h->only)
            continue;
        bool wrong = !s->placed ||
                     (h->bug[n].dead ? s->equivalent[0] != 0 : s->equivalent[0] == 0 && !least);
        failed += wrong;
        killed += s->placed && h->bug[n].dead;
        printf("%3u %-22s ", n, s->name);
        if (!s->placed)
            printf("NOT IN THE SOURCES: bugs.txt is out of date");
        else if (h->bug[n].dead)
            printf("killed after %8llu by %s", (unsigned long long)h->bug[n].programs,
                   h->bug[n].by_checker ? "the checker"
                   : h->bug[n].trap     ? trap_name(h->bug[n].trap)
                                        : "leak");
        else
            printf("%s (%llu refused programs accepted)",
                   s->equivalent[0] ? "equivalent" : "SURVIVES",
                   (unsigned long long)h->bug[n].accepted);
        printf("%s  # %s: %s%s%s\n", wrong && s->equivalent[0] ? " BUT MARKED AS EQUIVALENT" : "",
               s->file, s->title, s->equivalent[0] ? "; " : "", s->equivalent);
    }
    printf("seeded: %u bugs, %u killed, %u not as they should be, %llu programs\n", seeded_n,
           killed, failed, (unsigned long long)h->programs);
    return failed || killed < least;
}

struct options {
    uint64_t seed, programs, deep;
    const char *only;
    unsigned least;
};

static bool options(struct options *o, int argc, char **argv)
{
    *o = (struct options){.seed = 1, .programs = 3000};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0)
            o->seed = strtoull(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--programs") == 0)
            o->programs = strtoull(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--deep") == 0)
            o->deep = strtoull(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--least") == 0)
            o->least = (unsigned)strtoul(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--only") == 0)
            o->only = argv[i + 1];
        else
            return false;
    }
    return argc % 2 == 1;
}

static void hunt(struct hunt *h, const struct options *o)
{
    h->alive = seeded_n;
    for (unsigned n = 1; n <= seeded_n; n++) {
        h->bug[n].of_checker = strncmp(seeded_table[n - 1].file, "cert_", 5) == 0;
        h->checkers += h->bug[n].of_checker && seeded_table[n - 1].placed;
        if (o->only && strcmp(o->only, seeded_table[n - 1].name) == 0)
            h->only = n;
        if (!seeded_table[n - 1].placed) {
            h->bug[n].dead = true;
            h->alive--;
        }
    }
    for (uint64_t i = 0; i < o->programs && h->alive && !(h->only && h->bug[h->only].dead); i++)
        broad(h, o->seed + i);
    for (unsigned n = 1; n <= seeded_n; n++)
        for (uint64_t i = 0; i < o->deep && !h->bug[n].dead && (!h->only || h->only == n) &&
                             !seeded_table[n - 1].equivalent[0] && !h->bug[n].of_checker;
             i++)
            deep(h, n, o->seed + i);
}

int main(int argc, char **argv)
{
    struct options o;
    struct hunt *h = calloc(1, sizeof *h);
    if (!h || !options(&o, argc, argv) || seeded_n > BUGS_MAX) {
        fprintf(stderr, "usage: %s [--programs N] [--seed S] [--only NAME] [--deep N]\n", argv[0]);
        return 2;
    }
    world_open(&h->w, NULL);
    hunt(h, &o);
    int failed = report(h, o.least);
    world_close(&h->w);
    free(h->b.p);
    free(h);
    return failed;
}
