/* The catalogue of tests/reject and tests/accept as a killer of seeded bugs: all its modules in
 * memory, so that asking a verifier about all of them takes a fraction of a second. Each bug has a
 * process of its own, since it may crash or go on for ever. */
#include "tests/soundness/seeded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verifier/cert.h"
#include "verifier/verify.h"

#define CERT_HEADER 32u /* bytes: which module it is for */

struct item {
    char name[80]; /* "own-08-never-released-loop" */
    bool accepted;
    uint8_t *bytes;
    size_t n;
    enum status code;
    uint32_t func, offset;
    struct strbuf certificate; /* of accepted ones */
};

enum { ITEMS_MAX = 4000, BUG_SECONDS = 60 };

/* What the processes tell each other. */
struct shared {
    struct kill kill[BUGS_MAX + 1];
    const struct item *now[BUGS_MAX + 1];
    /* By helper and item: the fixpoint with that bug takes the module for proved, the checker does
     * not. */
    uint8_t disputed[BUGS_MAX + 1][ITEMS_MAX];
};

struct cases {
    struct item *item; /* the smallest first */
    uint32_t n;
    struct shared *shared;
};

static enum status ask(const struct item *x, unsigned bug, unsigned also,
                       const struct strbuf *certificate, struct strbuf *write, struct diag *why)
{
    struct verify_options opt = {.write_certificate = write};
    struct verified_module *m;
    if (certificate) {
        opt.certificate = (const uint8_t *)certificate->s;
        opt.ncertificate = certificate->len;
    }
    seeded_bug = bug;
    seeded_also = also;
    diag_clear(why);
    enum status s = verify(x->bytes, x->n, &opt, &m, why);
    seeded_bug = seeded_also = 0;
    verified_destroy(m);
    return s;
}

/* ---- reading ---- */

static bool read_module(struct item *x, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        return false;
    x->n = (size_t)ftell(f);
    rewind(f);
    x->bytes = malloc(x->n + 1);
    bool ok = x->bytes && fread(x->bytes, 1, x->n, f) == x->n;
    fclose(f);
    return ok;
}

/* "..../reject-ownership-own-08-never-released-loop.wasm" */
static void name_item(struct item *x, const char *path)
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    base += strcspn(base, "-") + 1;
    if (strncmp(base, "ownership-", 10) == 0)
        base += 10;
    snprintf(x->name, sizeof x->name, "%.*s", (int)(strlen(base) - strlen(".wasm")), base);
}

static bool agrees(const char *expected, uint32_t found)
{
    return strcmp(expected, "-") == 0 || strtoul(expected, NULL, 10) == found;
}

static bool read_item(struct item *x, const char *line)
{
    char path[1024], code[64], func[16], offset[16];
    struct diag why;
    if (sscanf(line, "%1023s %63s %15s %15s", path, code, func, offset) != 4 ||
        !read_module(x, path))
        return false;
    name_item(x, path);
    x->code = ask(x, 0, 0, NULL, &x->certificate, &why);
    x->accepted = x->code == OK;
    x->func = why.func;
    x->offset = why.offset;
    if (strcmp(status_name(x->code), code) == 0 && agrees(func, why.func) &&
        agrees(offset, why.offset))
        return true;
    printf("%s: wanted %s, found %s\n", path, code, status_name(x->code));
    return false;
}

/* Large ones take longer; the order must not depend on the machine. */
static int by_size(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return x->n != y->n ? (x->n > y->n) - (x->n < y->n) : strcmp(x->name, y->name);
}

struct cases *cases_read(const char *index)
{
    FILE *f = fopen(index, "r");
    struct cases *c = calloc(1, sizeof *c);
    char line[4096];
    bool ok = f && c && (c->item = calloc(ITEMS_MAX, sizeof *c->item));
    if (ok)
        c->shared = mmap(NULL, sizeof *c->shared, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ok = ok && c->shared != MAP_FAILED;
    while (ok && fgets(line, sizeof line, f))
        ok = c->n < ITEMS_MAX && read_item(&c->item[c->n++], line);
    if (f)
        fclose(f);
    if (!ok || c->n == 0) {
        cases_free(c);
        return NULL;
    }
    qsort(c->item, c->n, sizeof *c->item, by_size);
    return c;
}

void cases_free(struct cases *c)
{
    for (uint32_t i = 0; c && i < c->n; i++) {
        free(c->item[i].bytes);
        strbuf_clear(&c->item[i].certificate);
    }
    if (c) {
        free(c->item);
        if (c->shared && c->shared != MAP_FAILED)
            munmap(c->shared, sizeof *c->shared);
    }
    free(c);
}

/* ---- killing ---- */

static void kill_by(struct kill *k, enum killer by, const struct item *x, const char *more)
{
    if (k->by && k->by <= by)
        return;
    k->by = by;
    snprintf(k->what, sizeof k->what, "%s%s", x->name, more);
}

/* What item x says of bug n. */
static void look(struct cases *c, const struct item *x, unsigned n)
{
    struct kill *k = &c->shared->kill[n];
    struct diag why;
    c->shared->now[n] = x;
    enum status s = ask(x, n, 0, NULL, NULL, &why);
    if (s == OWN_CERTIFICATE)
        kill_by(k, BY_CHECKER, x, "");
    else if (s == OK && !x->accepted)
        kill_by(k, BY_ACCEPTING, x, "");
    else if (s != OK && x->accepted)
        kill_by(k, BY_REFUSING, x, "");
    else if (s != x->code || why.func != x->func || why.offset != x->offset)
        kill_by(k, BY_PLACE, x, "");
    c->shared->disputed[n][x - c->item] = s == OWN_CERTIFICATE && !x->accepted;
}

static void kill_bug(struct cases *c, unsigned n)
{
    const struct kill *k = &c->shared->kill[n];
    for (int accepted = 0; accepted < 2; accepted++)
        for (uint32_t i = 0; i < c->n; i++) {
            /* all that the checker objects to is for its own bugs to look at */
            if (k->by && k->by <= BY_REFUSING && (k->by != BY_CHECKER || accepted))
                return;
            if (c->item[i].accepted == accepted)
                look(c, &c->item[i], n);
        }
}

/* ---- bugs of the checker ---- */

/* Changes byte `at` in a way that depends on the place: all ways come up in a row of bytes. */
static char changed(char byte, size_t at)
{
    static const uint8_t how[] = {1, 0x80, 2, 0xff, 4, 0x7f, 8, 3};
    return (char)((uint8_t)byte ^ how[at % sizeof how]);
}

/* The certificate of an accepted module with the header of a refused one, whole and with any one
 * byte changed. */
static bool forge(const struct item *x, const struct item *twin, unsigned n)
{
    struct verify_options opt = {.unproved = true};
    struct verified_module *m;
    struct diag why;
    struct strbuf b = {0};
    if (verify(x->bytes, x->n, &opt, &m, &why) != OK)
        return false; /* refused by an earlier pass */
    cert_put_header(&b, verified_view(m));
    verified_destroy(m);
    strbuf_put(&b, twin->certificate.s + CERT_HEADER, twin->certificate.len - CERT_HEADER);
    bool believed = ask(x, n, 0, &b, NULL, &why) == OK;
    for (size_t at = CERT_HEADER; at < b.len && !believed; at++) {
        char before = b.s[at];
        b.s[at] = changed(before, at);
        believed = ask(x, n, 0, &b, NULL, &why) == OK;
        b.s[at] = before;
    }
    strbuf_clear(&b);
    return believed;
}

static void kill_checker_bug(struct cases *c, unsigned n)
{
    enum { CLASS = 6 /* "own-08" */ };
    struct kill *k = &c->shared->kill[n];
    struct diag why;
    char more[60];
    for (unsigned helper = 1; helper <= seeded_n; helper++)
        for (uint32_t i = 0; i < c->n; i++) {
            c->shared->now[n] = &c->item[i];
            if (!c->shared->disputed[helper][i] ||
                ask(&c->item[i], helper, n, NULL, NULL, &why) != OK)
                continue;
            snprintf(more, sizeof more, ", with %s", seeded_table[helper - 1].name);
            kill_by(k, BY_ACCEPTING, &c->item[i], more);
            return;
        }
    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t j = 0; j < c->n && !c->item[i].accepted; j++) {
            c->shared->now[n] = &c->item[i];
            if (c->item[j].accepted && strncmp(c->item[i].name, c->item[j].name, CLASS) == 0 &&
                forge(&c->item[i], &c->item[j], n)) {
                kill_by(k, BY_FORGERY, &c->item[i], "");
                return;
            }
        }
}

/* ---- processes ---- */

static void ended(struct cases *c, unsigned n, int status)
{
    struct kill *k = &c->shared->kill[n];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    k->by = BY_CRASH;
    snprintf(k->what, sizeof k->what, "%s", c->shared->now[n] ? c->shared->now[n]->name : "?");
}

/* Runs `job` for each bug of `list` (0-terminated) in a process, some at a time. */
static void in_processes(struct cases *c, const unsigned *list,
                         void (*job)(struct cases *c, unsigned n))
{
    enum { AT_ONCE = 2 };
    unsigned running[AT_ONCE] = {0};
    pid_t pid[AT_ONCE] = {0};
    uint32_t n = 0;
    for (fflush(stdout); *list || n;) {
        int status;
        if (*list && n < AT_ONCE) {
            running[n] = *list++;
            if ((pid[n] = fork()) == 0) {
                (void)setrlimit(RLIMIT_CPU, &(struct rlimit){BUG_SECONDS, BUG_SECONDS});
                job(c, running[n]);
                _exit(0);
            }
            check(pid[n++] > 0);
            continue;
        }
        pid_t p = wait(&status);
        for (uint32_t i = 0; i < n; i++)
            if (pid[i] == p) {
                ended(c, running[i], status);
                pid[i] = pid[--n];
                running[i] = running[n];
                break;
            }
    }
}

void cases_kill(struct cases *c, const unsigned *bugs, struct kill *kills)
{
    unsigned checkers[BUGS_MAX + 1] = {0}, n = 0;
    in_processes(c, bugs, kill_bug);
    for (const unsigned *b = bugs; *b; b++)
        if (seeded_of_checker(*b) && c->shared->kill[*b].by != BY_ACCEPTING &&
            !seeded_table[*b - 1].equivalent[0])
            checkers[n++] = *b;
    in_processes(c, checkers, kill_checker_bug);
    for (const unsigned *b = bugs; *b; b++)
        kills[*b] = c->shared->kill[*b];
}
