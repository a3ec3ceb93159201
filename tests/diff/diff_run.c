/* Runs one module on several engines and compares what can be seen of it.
 *
 *   diff_run [--cpu-ms=N] [--print] [--settings=A,B...] MODULE PLAN
 *
 * The first setting is what the others are compared with. Exit status: 0 all the same, 1 different,
 * 2 cannot be run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/diff/plan.h"

enum { MODULE_MAX = 64 << 20, FIRST_LOAD = 0x28, LAST_LOAD = 0x35 };

struct run {
    uint64_t max_cpu_ns;
    bool print;
    const char *wanted; /* names of settings, or NULL: all */
    const struct setting *chosen[16];
    unsigned nchosen;
    struct plan plan;
    uint32_t ndeeds;
    uint8_t *bytes; /* the module */
    size_t nbytes;
    uint32_t reordered; /* of two loads outside the memory another one trapped */
};

static bool choose(struct run *r)
{
    char list[256];
    snprintf(list, sizeof list, "%s", r->wanted ? r->wanted : "");
    for (char *w = strtok(list, ","); w; w = strtok(NULL, ",")) {
        unsigned before = r->nchosen;
        for (unsigned i = 0; i < nsettings && r->nchosen < 16; i++)
            if (strcmp(settings[i].name, w) == 0)
                r->chosen[r->nchosen++] = &settings[i];
        if (r->nchosen == before) {
            fprintf(stderr, "diff_run: no setting is called %s\n", w);
            return false;
        }
    }
    for (unsigned i = 0; !r->wanted && i < nsettings; i++)
        if (settings[i].engine != SINGULA_ENGINE_NATIVE || singula_compiler())
            r->chosen[r->nchosen++] = &settings[i];
    return true;
}

static struct singula_module *load(struct run *r, const char *path)
{
    struct singula_diag why = {0};
    struct singula_module *m = NULL;
    FILE *f = fopen(path, "rb");
    r->bytes = malloc(MODULE_MAX);
    if (f && r->bytes)
        r->nbytes = fread(r->bytes, 1, MODULE_MAX, f);
    if (f)
        fclose(f);
    if (singula_verify(r->bytes, r->nbytes, NULL, &m, &why))
        fprintf(stderr, "diff_run: %s: %s %s\n", path, singula_status_name(why.code), why.detail);
    return m;
}

static const char *name_of(const struct run *r, uint32_t i)
{
    return r->plan.start ? "_start" : r->plan.calls[i].name;
}

static const char outside[] = "trap MEM_OOB\n";

/* Did it end with a load outside the memory? */
static bool ended_by_load(const struct run *r, const struct deed *d)
{
    static const char place[] = "(byte ";
    const char *at = strstr(strbuf_text(&d->text), outside);
    at = at ? strstr(at, place) : NULL;
    size_t byte = at ? strtoull(at + strlen(place), NULL, 16) : r->nbytes;
    return byte < r->nbytes && r->bytes[byte] >= FIRST_LOAD && r->bytes[byte] <= LAST_LOAD;
}

/* Does the difference between these two count? *stop: what follows cannot be compared. */
static bool deed_differs(struct run *r, const struct setting *how, const struct deed *a,
                         const struct deed *b, bool *stop)
{
    bool same = a->text.len == b->text.len && memcmp(a->text.s, b->text.s, a->text.len) == 0;
    if (!same && how->reorders_loads && strstr(strbuf_text(&b->text), outside) &&
        ended_by_load(r, a)) {
        *stop = true;
        r->reordered++;
        return false;
    }
    if (!a->cut && !b->cut)
        return !same;
    *stop = a->cut != b->cut;
    /* one was out of time where the other had hardly begun */
    return (a->out_of_time && !b->cut && b->cpu_ns < r->max_cpu_ns / 64) ||
           (b->out_of_time && !a->cut && a->cpu_ns < r->max_cpu_ns / 4);
}

static void print_deed(const char *name, const struct deed *d)
{
    printf("  %s (%.3f ms of CPU time):\n", name, (double)d->cpu_ns / 1e6);
    for (const char *p = strbuf_text(&d->text); *p;) {
        size_t n = strcspn(p, "\n");
        printf("    %.*s\n", (int)n, p);
        p += n + (p[n] != 0);
    }
}

/* How many calls were compared; *different: one of them was not the same, and has been shown. */
static uint32_t compare(struct run *r, unsigned at, const struct deed *a, const struct deed *b,
                        bool *different)
{
    bool stop = false;
    for (uint32_t i = 0; i < r->ndeeds; i++) {
        if (deed_differs(r, r->chosen[at], &a[i], &b[i], &stop)) {
            printf("different in call %u, %s:\n", i, name_of(r, i));
            print_deed(r->chosen[0]->name, &a[i]);
            print_deed(r->chosen[at]->name, &b[i]);
            *different = true;
            return i;
        }
        if (stop)
            return i;
    }
    return r->ndeeds;
}

static void count(const struct run *r, const struct deed *a, uint32_t compared)
{
    uint32_t traps = 0;
    for (uint32_t i = 0; i < compared; i++)
        traps += strstr(strbuf_text(&a[i].text), "trap ") != NULL;
    printf("calls %u of %u, traps %u, loads reordered %u\n", compared, r->ndeeds, traps,
           r->reordered);
}

static int work(struct run *r, struct singula_module *m)
{
    bool different = false, ok = true;
    uint32_t compared = r->ndeeds;
    struct deed *first = calloc(r->ndeeds, sizeof *first);
    ok = first && deeds_do(&r->plan, m, r->chosen[0], r->max_cpu_ns, first);
    for (uint32_t i = 0; ok && r->print && i < r->ndeeds; i++) {
        printf("%u %s\n", i, name_of(r, i));
        print_deed(r->chosen[0]->name, &first[i]);
    }
    for (unsigned s = 1; ok && s < r->nchosen; s++) {
        struct deed *other = calloc(r->ndeeds, sizeof *other);
        ok = other && deeds_do(&r->plan, m, r->chosen[s], r->max_cpu_ns, other);
        uint32_t n = ok ? compare(r, s, first, other, &different) : 0;
        compared = n < compared ? n : compared;
        for (uint32_t i = 0; other && i < r->ndeeds; i++)
            strbuf_clear(&other[i].text);
        free(other);
    }
    if (ok)
        count(r, first, compared);
    for (uint32_t i = 0; first && i < r->ndeeds; i++)
        strbuf_clear(&first[i].text);
    free(first);
    return !ok ? 2 : different;
}

int main(int argc, char **argv)
{
    struct run r = {.max_cpu_ns = 1000000000};
    const char *paths[2] = {0};
    int n = 0;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--cpu-ms=", 9) == 0)
            r.max_cpu_ns = strtoull(argv[i] + 9, NULL, 10) * 1000000;
        else if (strncmp(argv[i], "--settings=", 11) == 0)
            r.wanted = argv[i] + 11;
        else if (strcmp(argv[i], "--print") == 0)
            r.print = true;
        else if (n < 2)
            paths[n++] = argv[i];
    }
    if (n < 2) {
        fprintf(stderr, "usage: diff_run [--cpu-ms=N] [--print] [--settings=A,B...] MODULE PLAN\n");
        return 2;
    }
    struct singula_module *m = choose(&r) ? load(&r, paths[0]) : NULL;
    int status = 2;
    if (m && plan_read(&r.plan, paths[1])) {
        r.ndeeds = r.plan.start ? 1 : r.plan.ncalls;
        status = work(&r, m);
    }
    plan_clear(&r.plan);
    singula_module_destroy(m);
    free(r.bytes);
    return status;
}
