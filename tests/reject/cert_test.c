/* Certificates of the cases of an index made by convert.py. usage: cert_test INDEX
 *
 * Of every accepted module: its certificate is accepted in place of the analysis; cut off anywhere,
 * or of another module, it is refused; with any byte changed it is refused or, if what it says then
 * is still true, accepted, and never crashes. Of every refused module: the certificate of a module
 * of its class, with the header of the refused one, whole and with any byte changed, does not get
 * it through. */
#include "verifier/cert.h"
#include "verifier/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct item {
    char path[1024];
    char class[16]; /* "own-01", or "" */
    bool accepted;
    uint8_t *bytes;
    size_t n;
    struct strbuf certificate; /* of accepted ones */
};

static struct item *items;
static uint32_t nitems;
static uint64_t runs, accepted_changed;
static uint32_t passed, failed;

static void read_file(struct item *x)
{
    FILE *f = fopen(x->path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        exit(2);
    x->n = (size_t)ftell(f);
    rewind(f);
    x->bytes = malloc(x->n + 1);
    if (!x->bytes || fread(x->bytes, 1, x->n, f) != x->n)
        exit(2);
    fclose(f);
}

static void read_index(const char *path)
{
    FILE *f = fopen(path, "r");
    char line[4096], code[64];
    uint32_t cap = 0;
    while (f && fgets(line, sizeof line, f)) {
        if (nitems == cap) {
            cap = cap ? 2 * cap : 64;
            items = realloc(items, cap * sizeof *items);
            if (!items)
                exit(2);
        }
        struct item *x = &items[nitems];
        *x = (struct item){0};
        if (sscanf(line, "%1023s %63s", x->path, code) != 2)
            continue;
        x->accepted = strcmp(code, "OK") == 0;
        if (!x->accepted && strncmp(code, "OWN_", 4) && strncmp(code, "TYP_", 4) &&
            strncmp(code, "CON_STATE", 9))
            continue; /* not of this pass */
        const char *class = strstr(x->path, "ownership-");
        class = class ? strpbrk(class, "0123456789") : NULL;
        if (class)
            snprintf(x->class, sizeof x->class, "%.6s", class - 4);
        read_file(x);
        nitems++;
    }
    if (f)
        fclose(f);
}

static enum status verify_with(const struct item *x, const char *certificate, size_t n)
{
    struct verified_module *m;
    struct diag why;
    /* a copy of just this size: sanitizers see its end */
    uint8_t *copy = malloc(n ? n : 1);
    if (!copy)
        exit(2);
    if (n)
        memcpy(copy, certificate, n);
    struct verify_options o = {.certificate = copy, .ncertificate = n};
    enum status s = verify(x->bytes, x->n, &o, &m, &why);
    verified_destroy(m);
    free(copy);
    runs++;
    return s;
}

static bool fail(const struct item *x, const char *what, size_t at, enum status s)
{
    printf("%s: %s (at %zu): %s\n", x->path, what, at, status_name(s));
    return false;
}

/* Changes byte `at` in a way that depends on the place: all ways come up in a row of bytes. */
static char changed(char c, size_t at)
{
    static const uint8_t how[] = {1, 0x80, 2, 0xff, 4, 0x7f, 8, 3};
    return (char)((uint8_t)c ^ how[at % sizeof how]);
}

static bool check_accepted(struct item *x, const struct item *other)
{
    struct verified_module *m;
    struct diag why;
    struct verify_options o = {.write_certificate = &x->certificate};
    enum status s = verify(x->bytes, x->n, &o, &m, &why);
    verified_destroy(m);
    struct strbuf *c = &x->certificate;
    if (s != OK || c->failed)
        return fail(x, "not accepted", 0, s);
    if ((s = verify_with(x, c->s, c->len)) != OK)
        return fail(x, "its certificate is refused", 0, s);
    for (size_t n = 0; n < c->len; n++)
        if ((s = verify_with(x, c->s, n)) != OWN_CERTIFICATE)
            return fail(x, "cut off", n, s);
    if (other &&
        (s = verify_with(x, other->certificate.s, other->certificate.len)) != OWN_CERTIFICATE)
        return fail(x, "certificate of another module", 0, s);
    for (size_t at = 0; at < c->len; at++) {
        char before = c->s[at];
        c->s[at] = changed(before, at);
        s = verify_with(x, c->s, c->len);
        c->s[at] = before;
        accepted_changed += s == OK;
        if (s != OWN_CERTIFICATE && (s != OK || at < 32))
            return fail(x, "changed", at, s);
    }
    return true;
}

static bool check_refused(const struct item *x, const struct item *twin)
{
    struct verified_module *m;
    struct diag why;
    struct verify_options o = {.unproved = true};
    struct strbuf c = {0};
    enum status s = verify(x->bytes, x->n, &o, &m, &why);
    if (s != OK)
        return true; /* refused by an earlier pass */
    cert_put_header(&c, verified_view(m));
    verified_destroy(m);
    size_t header = c.len;
    strbuf_put(&c, twin->certificate.s + header, twin->certificate.len - header);
    bool ok = !c.failed;
    for (size_t at = header - 1; at < c.len && ok; at++) {
        char before = c.s[at];
        if (at >= header)
            c.s[at] = changed(before, at);
        s = verify_with(x, c.s, c.len);
        c.s[at] = before;
        if (s != OWN_CERTIFICATE)
            ok = fail(x, "accepted with a certificate of its class", at, s);
    }
    strbuf_clear(&c);
    return ok;
}

int main(int argc, char **argv)
{
    const struct item *last = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: cert_test INDEX\n");
        return 2;
    }
    read_index(argv[1]);
    for (uint32_t i = 0; i < nitems; i++)
        if (items[i].accepted) {
            *(check_accepted(&items[i], last) ? &passed : &failed) += 1;
            last = &items[i];
        }
    for (uint32_t i = 0; i < nitems; i++)
        for (uint32_t k = 0, twins = 0; k < nitems && twins < 3 && !items[i].accepted; k++)
            if (items[k].accepted && strcmp(items[i].class, items[k].class) == 0) {
                *(check_refused(&items[i], &items[k]) ? &passed : &failed) += 1;
                twins++;
            }
    for (uint32_t i = 0; i < nitems; i++) {
        strbuf_clear(&items[i].certificate);
        free(items[i].bytes);
    }
    free(items);
    printf("%" PRIu64 " verifications, %" PRIu64 " changed certificates that still prove\n", runs,
           accepted_changed);
    printf("cert_test: %" PRIu32 " passed, %" PRIu32 " failed, 0 skipped\n", passed, failed);
    return failed || !passed;
}
