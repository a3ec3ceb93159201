#include "tests/diff/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_call(struct planned_call *c, char *rest)
{
    int used = 0;
    if (sscanf(rest, "%127s %32s%n", c->name, c->results, &used) != 2)
        return false;
    if (strcmp(c->results, "-") == 0)
        c->results[0] = 0;
    for (rest += used;
         c->nargs < ARGS_MAX && sscanf(rest, "%" SCNx64 "%n", &c->args[c->nargs], &used) == 1;
         rest += used)
        c->nargs++;
    return true;
}

static bool read_line(struct plan *p, char *line)
{
    char word[16];
    int used = 0;
    if (sscanf(line, "%15s%n", word, &used) != 1)
        return true;
    char *rest = line + used;
    if (strcmp(word, "call") == 0 && p->ncalls < CALLS_MAX)
        return read_call(&p->calls[p->ncalls++], rest);
    if (strcmp(word, "peek") == 0 && p->npeeks < PEEKS_MAX)
        return read_call(&p->peeks[p->npeeks++], rest);
    if (strcmp(word, "pages") == 0)
        return sscanf(rest, "%127s %u", p->pages, &p->page_shift) == 2 && p->page_shift < 32;
    p->start = strcmp(word, "start") == 0;
    return p->start;
}

bool plan_read(struct plan *p, const char *path)
{
    char line[4096];
    FILE *f = fopen(path, "r");
    *p = (struct plan){.calls = calloc(CALLS_MAX, sizeof *p->calls),
                       .peeks = calloc(PEEKS_MAX, sizeof *p->peeks)};
    bool ok = f && p->calls && p->peeks;
    while (ok && fgets(line, sizeof line, f))
        ok = read_line(p, line);
    if (f)
        fclose(f);
    if (!ok)
        fprintf(stderr, "diff_run: %s: no plan\n", path);
    return ok;
}

void plan_clear(struct plan *p)
{
    free(p->calls);
    free(p->peeks);
    *p = (struct plan){0};
}
