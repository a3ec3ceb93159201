/* The kill table: seeded [--cases INDEX] [--programs N] [--seed S] [--only NAME] [--deep N]
 * [--least N] [--table FILE] [--unit PROGRAM]...
 *
 * First the catalogue (seeded_cases.c): INDEX is that of the ownership cases. Then, for those that
 * are still alive, unit tests (seeded_unit.c), and random programs and their mutations as in
 * soundness.c: whatever the verifier refuses is asked again of a verifier with each seeded bug;
 * what that accepts is run under the monitor, and a broken rule kills the bug. So does the checker
 * of certificates when it does not confirm what the fixpoint with a bug has accepted; a bug of the
 * checker is killed when, with it, such a program gets through and breaks a rule. --deep: then each
 * survivor gets N programs whose mutations walk through what IT accepts. --table: the table in
 * Markdown. Exit status 1 if a bug that is not marked as equivalent survives (with --least: if
 * fewer than N are killed), if one that is marked is killed, or if bugs.txt is out of date.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/soundness/gen.h"
#include "tests/soundness/mutate.h"
#include "tests/soundness/seeded.h"

unsigned seeded_bug, seeded_also;

enum { RUNS = 60, MUTANTS = 40, UNITS_MAX = 8 };

struct hunt {
    struct world w;
    struct bytes b;
    struct prog prog, work;
    uint64_t programs; /* judged so far */
    struct {
        struct kill kill;
        bool dead; /* or not to be looked at */
        uint64_t accepted;
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

static void bury(struct hunt *h, unsigned n)
{
    if (h->bug[n].dead)
        return;
    h->bug[n].dead = true;
    h->alive--;
    h->checkers -= seeded_of_checker(n);
}

static void kill_bug(struct hunt *h, unsigned n, enum killer by, const char *what)
{
    struct kill *k = &h->bug[n].kill;
    if (h->bug[n].dead)
        return;
    k->by = by;
    snprintf(k->what, sizeof k->what, "%s after %llu programs", what,
             (unsigned long long)h->programs);
    bury(h, n);
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
        kill_bug(h, victim, BY_RUN, trap_name(how.trap));
    verified_destroy(m);
    return OK;
}

/* True if the verifier with bug n accepts h->b. */
static bool try_bug(struct hunt *h, unsigned n, uint64_t seed)
{
    enum status why = ask(h, n, 0, n, seed);
    if (why != OWN_CERTIFICATE)
        return why == OK;
    kill_bug(h, n, BY_RUN_CHECKER, "checker");
    for (unsigned c = 1; c <= seeded_n && h->checkers; c++)
        if (seeded_of_checker(c) && !h->bug[c].dead)
            ask(h, n, c, c, seed);
    return false;
}

static bool wanted(const struct hunt *h, unsigned n)
{
    if (seeded_of_checker(n))
        return false; /* tried with others */
    enum killer by = h->bug[n].kill.by;
    return !h->bug[n].dead || (h->checkers && (by == BY_CHECKER || by == BY_RUN_CHECKER));
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

/* ---- the table ---- */

static const char *const killers[] = {
    [ALIVE] = "nobody",
    [BY_ACCEPTING] = "catalogue: accepted",
    [BY_CHECKER] = "checker, of a case",
    [BY_FORGERY] = "catalogue: forged certificate believed",
    [BY_REFUSING] = "catalogue: refused",
    [BY_CRASH] = "catalogue: crash",
    [BY_PLACE] = "catalogue: refused for another reason",
    [BY_UNIT_TEST] = "unit test",
    [BY_RUN] = "random program under the monitor",
    [BY_RUN_CHECKER] = "checker, of a random program",
};

/* Not as it should be? `least`: survivors are allowed. */
static bool is_wrong(const struct hunt *h, unsigned n, bool least)
{
    const struct seeded_row *s = &seeded_table[n - 1];
    bool equivalent = s->equivalent[0];
    return !s->placed || (h->bug[n].kill.by ? equivalent : !equivalent && !least);
}

static void print_row(const struct hunt *h, unsigned n)
{
    const struct seeded_row *s = &seeded_table[n - 1];
    const struct kill *k = &h->bug[n].kill;
    printf("%3u %-22s ", n, s->name);
    if (!s->placed)
        printf("NOT IN THE SOURCES: bugs.txt is out of date");
    else if (k->by)
        printf("%s: %s%s", killers[k->by], k->what,
               s->equivalent[0] ? " BUT MARKED AS EQUIVALENT" : "");
    else if (s->equivalent[0])
        printf("equivalent: %s", s->equivalent);
    else
        printf("SURVIVES (%llu random programs accepted)", (unsigned long long)h->bug[n].accepted);
    printf("  # %s: %s\n", s->file, s->title);
}

static void write_table(const struct hunt *h, const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f) {
        fprintf(stderr, "cannot write %s\n", path);
        exit(2);
    }
    fprintf(f, "| file | mistake | killed by | with |\n|---|---|---|---|\n");
    for (unsigned n = 1; n <= seeded_n; n++) {
        const struct seeded_row *s = &seeded_table[n - 1];
        const struct kill *k = &h->bug[n].kill;
        fprintf(f, "| %s | %s: %s | %s | %s |\n", s->file, s->name, s->title,
                k->by              ? killers[k->by]
                : s->equivalent[0] ? "equivalent"
                                   : "**nobody**",
                k->by ? k->what : s->equivalent);
    }
    fclose(f);
}

static int report(const struct hunt *h, unsigned least)
{
    unsigned failed = 0, killed = 0, equivalent = 0, by[BY_RUN_CHECKER + 1] = {0};
    for (unsigned n = 1; n <= seeded_n; n++) {
        if (h->only && n != h->only)
            continue;
        print_row(h, n);
        failed += is_wrong(h, n, least);
        killed += h->bug[n].kill.by != ALIVE;
        equivalent += seeded_table[n - 1].equivalent[0] != 0;
        by[h->bug[n].kill.by]++;
    }
    for (unsigned i = 1; i <= BY_RUN_CHECKER; i++)
        printf("%5u %s\n", by[i], killers[i]);
    printf("seeded: %u bugs, %u killed, %u equivalent, %u not as they should be, %llu programs\n",
           seeded_n, killed, equivalent, failed, (unsigned long long)h->programs);
    return failed || killed < least;
}

/* ---- the command ---- */

struct options {
    uint64_t seed, programs, deep;
    const char *only, *cases, *table, *unit[UNITS_MAX];
    unsigned least, nunits;
};

static bool options(struct options *o, int argc, char **argv)
{
    *o = (struct options){.seed = 1, .programs = 3000};
    for (int i = 1; i + 1 < argc; i += 2) {
        const char *k = argv[i], *v = argv[i + 1];
        if (strcmp(k, "--seed") == 0)
            o->seed = strtoull(v, NULL, 0);
        else if (strcmp(k, "--programs") == 0)
            o->programs = strtoull(v, NULL, 0);
        else if (strcmp(k, "--deep") == 0)
            o->deep = strtoull(v, NULL, 0);
        else if (strcmp(k, "--least") == 0)
            o->least = (unsigned)strtoul(v, NULL, 0);
        else if (strcmp(k, "--only") == 0)
            o->only = v;
        else if (strcmp(k, "--cases") == 0)
            o->cases = v;
        else if (strcmp(k, "--table") == 0)
            o->table = v;
        else if (strcmp(k, "--unit") == 0 && o->nunits < UNITS_MAX)
            o->unit[o->nunits++] = v;
        else
            return false;
    }
    return argc % 2 == 1;
}

static void choose(struct hunt *h, const struct options *o)
{
    h->alive = seeded_n;
    for (unsigned n = 1; n <= seeded_n; n++) {
        h->checkers += seeded_of_checker(n);
        if (o->only && strcmp(o->only, seeded_table[n - 1].name) == 0)
            h->only = n;
    }
    for (unsigned n = 1; n <= seeded_n; n++)
        if (!seeded_table[n - 1].placed || (h->only && n != h->only))
            bury(h, n);
}

static void by_cases(struct hunt *h, const char *index)
{
    struct cases *c = cases_read(index);
    unsigned bugs[BUGS_MAX + 1] = {0}, nbugs = 0;
    static struct kill kills[BUGS_MAX + 1];
    if (!c) {
        fprintf(stderr, "%s: cannot be used\n", index);
        exit(2);
    }
    bool all = !h->only || seeded_of_checker(h->only); /* which needs the others' help */
    for (unsigned n = 1; n <= seeded_n; n++)
        if (seeded_table[n - 1].placed && (all || n == h->only))
            bugs[nbugs++] = n;
    cases_kill(c, bugs, kills);
    for (unsigned n = 1; n <= seeded_n; n++) {
        h->bug[n].kill = kills[n];
        if (kills[n].by)
            bury(h, n);
    }
    cases_free(c);
}

static void by_units(struct hunt *h, const struct options *o)
{
    for (unsigned i = 0; i < o->nunits; i++) {
        if (!unit_works(o->unit[i])) {
            fprintf(stderr, "%s: fails without a bug\n", o->unit[i]);
            exit(2);
        }
        for (unsigned n = 1; n <= seeded_n; n++) {
            if (!h->bug[n].dead)
                unit_kill(o->unit[i], n, &h->bug[n].kill);
            if (h->bug[n].kill.by)
                bury(h, n);
        }
    }
}

static void by_programs(struct hunt *h, const struct options *o)
{
    for (uint64_t i = 0; i < o->programs && h->alive; i++)
        broad(h, o->seed + i);
    for (unsigned n = 1; n <= seeded_n; n++)
        for (uint64_t i = 0; i < o->deep && !h->bug[n].dead && !seeded_table[n - 1].equivalent[0] &&
                             !seeded_of_checker(n);
             i++)
            deep(h, n, o->seed + i);
}

int main(int argc, char **argv)
{
    struct options o;
    struct hunt *h = calloc(1, sizeof *h);
    if (!h || !options(&o, argc, argv) || seeded_n > BUGS_MAX) {
        fprintf(stderr,
                "usage: %s [--cases INDEX] [--programs N] [--seed S] [--only NAME] [--deep N] "
                "[--least N] [--table FILE] [--unit PROGRAM]...\n",
                argv[0]);
        return 2;
    }
    world_open(&h->w, NULL);
    choose(h, &o);
    if (o.cases)
        by_cases(h, o.cases);
    by_units(h, &o);
    by_programs(h, &o);
    int failed = report(h, o.least);
    if (o.table)
        write_table(h, o.table);
    world_close(&h->w);
    free(h->b.p);
    free(h);
    return failed;
}
