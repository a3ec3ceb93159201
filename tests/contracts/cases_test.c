/* The contracts in tests/contracts: usage: cases_test DIR [--golden]
 *
 * DIR/refuse/X.contract begins with `// expect: CODE line:column`.
 * DIR/accept/X.contract begins with `// bounds: NAME in out ...`, the queue bounds of every
 * contract; beside it stand X.golden, its canonical text, and perhaps X.fmt, what the formatter
 * makes of it.
 * --golden writes these two anew, to be read before they are committed. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/contract.h"
#include "contract/limits.h"

static int passed, failed;

static void fail(const char *path, const char *what, const char *want, const char *found)
{
    printf("%s: %s\n  wanted %s\n  found  %s\n", path, what, want, found);
    failed++;
}

/* The whole file, malloc'ed and ended by a zero; NULL if it cannot be read. */
static char *read_all(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *text = f ? calloc(1, CONTRACT_TEXT_MAX + 1) : NULL;
    if (text)
        *n = fread(text, 1, CONTRACT_TEXT_MAX, f);
    if (f)
        fclose(f);
    return text;
}

static void write_all(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0) {
        fprintf(stderr, "cannot write %s\n", path);
        exit(1);
    }
}

/* ---- refused ---- */

static void refuse_case(const char *path, const char *text, size_t n)
{
    char code[64], want[120], found[120];
    unsigned line, column;
    struct arena a = {0};
    const struct contract_set *set = NULL;
    struct diag why;
    diag_clear(&why);
    if (sscanf(text, "// expect: %63s %u:%u", code, &line, &column) != 3) {
        fail(path, "first line", "// expect: CODE line:column", "something else");
        return;
    }
    enum status s = contract_parse(&a, text, n, &set, &why);
    snprintf(want, sizeof want, "%s %u:%u", code, line, column);
    snprintf(found, sizeof found, "%s %u:%u", status_name(why.code), why.line, why.column);
    if (s != why.code || set)
        fail(path, "returned status and record", status_name(why.code), status_name(s));
    else if (strcmp(want, found) != 0)
        fail(path, "verdict", want, found);
    else if (!why.detail[0] ||
             (!why.want[0] && !why.hint[0] && !status_cure(why.code)[0] && s != CON_SYNTAX))
        fail(path, "report", "what is wrong, and what was wanted", why.detail);
    else
        passed++;
    arena_clear(&a);
}

/* ---- accepted ---- */

/* "Camera 1 1" for each contract. */
static void bounds_text(const struct contract_set *s, struct strbuf *out)
{
    for (uint32_t i = 0; i < s->ncontracts; i++)
        strbuf_printf(out, "%s%s %u %u", i ? " " : "", s->contracts[i].name,
                      s->contracts[i].bound[DIR_IN], s->contracts[i].bound[DIR_OUT]);
}

/* Parses a text that must be accepted. */
static const struct contract_set *parse(const char *path, struct arena *a, const char *text,
                                        size_t n)
{
    char found[1500];
    const struct contract_set *set = NULL;
    struct diag why;
    diag_clear(&why);
    if (contract_parse(a, text, n, &set, &why) == OK)
        return set;
    diag_format(&why, path, found, sizeof found);
    fail(path, "verdict", "accepted", found);
    return NULL;
}

/* Compares with a file beside the case, or writes it. A .fmt need not be there. */
static bool golden(const char *path, const char *suffix, const char *found, bool write,
                   bool optional)
{
    char name[512];
    size_t n;
    snprintf(name, sizeof name, "%.*s%s", (int)(strlen(path) - strlen(".contract")), path, suffix);
    char *want = read_all(name, &n);
    if (!want && optional)
        return true;
    if (write) {
        write_all(name, found);
        free(want);
        return true;
    }
    bool same = want && strcmp(want, found) == 0;
    if (!same)
        fail(path, suffix, want ? want : "a golden file", found);
    free(want);
    return same;
}

/* The formatter's output means the same, loses no comment and is its own format. */
static bool format_is_stable(const char *path, const char *formatted, const char *canonical)
{
    struct arena a = {0};
    struct strbuf again = {0}, text = {0};
    const struct contract_set *set = parse(path, &a, formatted, strlen(formatted));
    bool ok = set != NULL;
    if (set) {
        contract_format(set, &again);
        contract_print_set(set, &text);
        ok = strcmp(strbuf_text(&again), formatted) == 0 &&
             strcmp(strbuf_text(&text), canonical) == 0;
        if (!ok)
            fail(path, "formatted twice", formatted, strbuf_text(&again));
    }
    strbuf_clear(&again);
    strbuf_clear(&text);
    arena_clear(&a);
    return ok;
}

static void accept_case(const char *path, const char *text, size_t n, bool write)
{
    struct arena a = {0};
    struct strbuf bounds = {0}, canonical = {0}, formatted = {0};
    const struct contract_set *set = parse(path, &a, text, n);
    if (set) {
        const char *want = strstr(text, "// bounds: ");
        bounds_text(set, &bounds);
        contract_print_set(set, &canonical);
        contract_format(set, &formatted);
        size_t len = strlen(strbuf_text(&bounds));
        want = want ? want + strlen("// bounds: ") : "";
        bool ok = strncmp(want, strbuf_text(&bounds), len) == 0 &&
                  (want[len] == '\n' || want[len] == '\r');
        if (!ok)
            fail(path, "bounds", want, strbuf_text(&bounds));
        ok &= golden(path, ".golden", strbuf_text(&canonical), write, false);
        ok &= golden(path, ".fmt", strbuf_text(&formatted), write, true);
        ok &= format_is_stable(path, strbuf_text(&formatted), strbuf_text(&canonical));
        passed += ok;
    }
    strbuf_clear(&bounds);
    strbuf_clear(&canonical);
    strbuf_clear(&formatted);
    arena_clear(&a);
}

static int is_contract(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return n > 9 && strcmp(e->d_name + n - 9, ".contract") == 0;
}

static void each_case(const char *dir, const char *kind, bool write)
{
    char path[512];
    struct dirent **list;
    snprintf(path, sizeof path, "%s/%s", dir, kind);
    int count = scandir(path, &list, is_contract, alphasort);
    if (count <= 0) {
        fail(path, "folder", "cases", "none");
        return;
    }
    for (int i = 0; i < count; i++) {
        size_t n;
        snprintf(path, sizeof path, "%s/%s/%s", dir, kind, list[i]->d_name);
        char *text = read_all(path, &n);
        if (!text)
            fail(path, "file", "readable", "not");
        else if (strcmp(kind, "refuse") == 0)
            refuse_case(path, text, n);
        else
            accept_case(path, text, n, write);
        free(text);
        free(list[i]);
    }
    free(list);
}

int main(int argc, char **argv)
{
    bool write = argc > 2 && strcmp(argv[2], "--golden") == 0;
    if (argc < 2) {
        fprintf(stderr, "usage: cases_test DIR [--golden]\n");
        return 1;
    }
    each_case(argv[1], "accept", write);
    each_case(argv[1], "refuse", write);
    printf("contracts: %d passed, %d failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
