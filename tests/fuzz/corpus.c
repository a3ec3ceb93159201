#include "tests/fuzz/corpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "verifier/dump.h"
#include "verifier/limits.h"
#include "verifier/opcodes.h"
#include "verifier/verify.h"

static void add_file(struct corpus *c, const char *path, size_t max_bytes)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size > max_bytes)
        return;
    FILE *f = fopen(path, "rb");
    check(f);
    struct sample s = {.path = strdup(path), .n = (size_t)st.st_size};
    s.bytes = malloc(s.n ? s.n : 1);
    check(s.path && s.bytes && fread(s.bytes, 1, s.n, f) == s.n);
    fclose(f);
    if (c->nsamples == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 256;
        c->samples = realloc(c->samples, c->cap * sizeof *c->samples);
        check(c->samples);
    }
    c->samples[c->nsamples++] = s;
}

void corpus_add_index(struct corpus *c, const char *index, size_t max_bytes)
{
    char path[1024];
    FILE *f = fopen(index, "r");
    check(f);
    while (fscanf(f, "%1023s %*[^\n]", path) == 1)
        add_file(c, path, max_bytes);
    fclose(f);
}

void corpus_add_folder(struct corpus *c, const char *folder, size_t max_bytes)
{
    DIR *d = opendir(folder);
    check(d);
    for (struct dirent *e; (e = readdir(d));) {
        char path[2048];
        size_t len = strlen(e->d_name);
        if (len < 5 || strcmp(e->d_name + len - 5, ".wasm") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        add_file(c, path, max_bytes);
    }
    closedir(d);
}

static int by_content(const void *pa, const void *pb)
{
    const struct sample *a = pa, *b = pb;
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    return memcmp(a->bytes, b->bytes, a->n);
}

static void free_sample(struct sample *s)
{
    free((char *)s->path);
    free(s->bytes);
}

void corpus_unique(struct corpus *c)
{
    uint32_t kept = 0;
    qsort(c->samples, c->nsamples, sizeof *c->samples, by_content);
    for (uint32_t i = 0; i < c->nsamples; i++) {
        if (kept && by_content(&c->samples[kept - 1], &c->samples[i]) == 0)
            free_sample(&c->samples[i]);
        else
            c->samples[kept++] = c->samples[i];
    }
    c->nsamples = kept;
}

void corpus_clear(struct corpus *c)
{
    for (uint32_t i = 0; i < c->nsamples; i++)
        free_sample(&c->samples[i]);
    free(c->samples);
    *c = (struct corpus){0};
}

/* INV-1 for one body: decoding it lands exactly on its end, and the block table describes it. */
static void check_function(const struct vview *v, const struct vfunc *f)
{
    uint32_t block = 0;
    check(f->nlocals + f->max_height <= MAX_FRAME_SLOTS);
    for (struct insn_view in = {.next = f->code}; opcode_next(f, &in);) {
        check(in.op != OP_INVALID && in.next <= f->code + f->ncode);
        switch (opcode_table[in.op].imm) {
        case IMM_FUNC:
            check(in.index < v->nfuncs);
            break;
        case IMM_LOCAL:
            check(in.index < f->nlocals);
            break;
        case IMM_GLOBAL:
            check(in.index < v->nglobals);
            break;
        case IMM_TYPE_TABLE:
            check(in.index < v->ntypes && in.index2 < v->ntables);
            break;
        case IMM_BLOCK: {
            check(block < f->nblocks && in.block < (int64_t)v->ntypes);
            const struct vblock *b = &f->blocks[block++];
            check(b->at == opcode_at(f, &in) && b->at < b->else_at && b->else_at <= b->end_at);
            check(b->end_at < f->ncode && f->code[b->end_at] == opcode_table[OP_END].code);
            break;
        }
        default:
            break;
        }
    }
    check(block == f->nblocks);
}

bool corpus_verify(const uint8_t *bytes, size_t n)
{
    struct verified_module *m;
    struct verify_cost cost;
    struct verify_options opt = {.cost = &cost, .unproved = true};
    struct diag why;
    enum status s = verify(bytes, n, &opt, &m, &why);
    check((s == OK) == (m != NULL) && (s == OK || s == why.code));
    check(cost.instructions <= n && cost.type_steps <= (MAX_PARAMS + MAX_RESULTS) * (uint64_t)n);
    check(cost.memory <= MODULE_MEMORY_FIXED + (uint64_t)MODULE_MEMORY_PER_BYTE * n);
    if (s != OK) {
        char text[2048];
        check(diag_format(&why, "x", text, sizeof text) > 0);
        check(why.offset == DIAG_NONE || why.offset <= n);
        return false;
    }
    const struct vview *v = verified_view(m);
    struct strbuf out = {0};
    dump_module(m, &out);
    for (uint32_t i = 0; i < v->ndefined; i++) {
        check_function(v, &v->funcs[i]);
        dump_function(m, v->nimported[EXT_FUNC] + i, &out);
    }
    strbuf_clear(&out);
    bool proved = v->proved;
    verified_destroy(m);
    s = verify(bytes, n, NULL, &m,
               &why); /* either answer is right: what counts is that there is one */
    check((s == OK) == (m != NULL) && (s == OK || s == why.code) && !proved);
    verified_destroy(m);
    return true;
}
