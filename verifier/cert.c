/* The format of certificates: writing what the fixpoint found, reading the parts. */
#include "verifier/cert.h"

#include <stdlib.h>
#include <string.h>

/* Bytes of points for which room stays until the next body. */
enum { POINTS_KEPT = 256 * 1024 };

static const char magic[8] = "singcert";

void cert_put_number(struct strbuf *out, uint64_t x)
{
    char buf[10];
    size_t n = 0;
    do {
        buf[n++] = (char)((x & 0x7f) | (x > 0x7f ? 0x80 : 0));
        x >>= 7;
    } while (x);
    strbuf_put(out, buf, n);
}

static void put_fixed(struct strbuf *out, uint64_t x, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        strbuf_put(out, &(char){(char)(x >> (8 * i))}, 1);
}

void cert_put_header(struct strbuf *out, const struct vview *m)
{
    struct contract_id hash = contract_id_of((const char *)m->bytes, m->nbytes);
    strbuf_put(out, magic, sizeof magic);
    put_fixed(out, CERT_VERSION, 4);
    put_fixed(out, m->nbytes, 4);
    put_fixed(out, hash.lo, 8);
    put_fixed(out, hash.hi, 8);
}

static void put_sized(struct strbuf *out, const void *p, size_t n)
{
    cert_put_number(out, n);
    if (n)
        strbuf_put(out, p, n);
}

static void put_context(struct strbuf *out, uint32_t func, const struct cert_context *c)
{
    cert_put_number(out, func);
    put_sized(out, c->entry.p, c->entry.n);
    put_sized(out, c->result.p, c->result.n);
    put_sized(out, c->points.p, c->points.n);
}

void cert_put_contexts(struct strbuf *out, const struct vview *m,
                       struct cert_context *const *contexts)
{
    uint64_t n = 0;
    for (uint32_t f = 0; contexts && f < m->nfuncs; f++)
        for (const struct cert_context *c = contexts[f]; c; c = c->next)
            n++;
    cert_put_number(out, n);
    for (uint32_t f = 0; contexts && f < m->nfuncs; f++)
        for (const struct cert_context *c = contexts[f]; c; c = c->next)
            put_context(out, f, c);
}

void cert_put_context(struct strbuf *out, const struct cert_context *c)
{
    put_context(out, c->func, c);
}

/* ---- points ---- */

void cert_points_add(struct cert_points *p, uint32_t at, const struct own_state *s)
{
    if (p->n == p->cap) {
        uint32_t cap = p->cap ? 2 * p->cap : 32;
        struct cert_at *more = realloc(p->list, cap * sizeof *more);
        if (!more) {
            p->failed = true;
            return;
        }
        p->list = more;
        p->cap = cap;
    }
    uint32_t from = (uint32_t)p->bytes.len;
    own_serialise(s, &p->bytes);
    p->list[p->n++] = (struct cert_at){at, from, (uint32_t)p->bytes.len - from};
}

/* By place; of one place the last, which was added last, first. */
static int order(const void *x, const void *y)
{
    const struct cert_at *a = x, *b = y;
    if (a->at != b->at)
        return a->at < b->at ? -1 : 1;
    return a->from > b->from ? -1 : a->from < b->from;
}

/* A few are most often all but in order. */
static void sort(struct cert_at *list, uint32_t n)
{
    if (n > 32) {
        qsort(list, n, sizeof *list, order);
        return;
    }
    for (uint32_t i = 1; i < n; i++) {
        struct cert_at x = list[i];
        uint32_t k = i;
        for (; k > 0 && order(&x, &list[k - 1]) < 0; k--)
            list[k] = list[k - 1];
        list[k] = x;
    }
}

bool cert_points_take(struct cert_points *p, struct own_ctx *c, struct cert_bytes *out)
{
    struct strbuf *b = &c->room;
    uint32_t last = 0;
    b->len = 0;
    sort(p->list, p->n);
    for (uint32_t i = 0; i < p->n; i++) {
        const struct cert_at *x = &p->list[i];
        if (i > 0 && x->at == x[-1].at)
            continue;
        cert_put_number(b, x->at - last);
        put_sized(b, p->bytes.s + x->from, x->n);
        last = x->at;
    }
    return !p->failed && !p->bytes.failed && !b->failed && own_keep_bytes(c, b->s, b->len, out);
}

void cert_points_reset(struct cert_points *p)
{
    if (p->bytes.cap > POINTS_KEPT || p->failed || p->bytes.failed) {
        cert_points_clear(p);
        return;
    }
    p->bytes.len = 0;
    p->n = 0;
}

void cert_points_clear(struct cert_points *p)
{
    strbuf_clear(&p->bytes);
    free(p->list);
    *p = (struct cert_points){0};
}

/* ---- reading ---- */

bool cert_read_header(struct span *in, const struct vview *m)
{
    struct contract_id hash = contract_id_of((const char *)m->bytes, m->nbytes);
    const uint8_t *head = span_take(in, sizeof magic);
    return head && memcmp(head, magic, sizeof magic) == 0 && span_u32le(in) == CERT_VERSION &&
           span_u32le(in) == m->nbytes && span_u64le(in) == hash.lo && span_u64le(in) == hash.hi &&
           !in->bad;
}

static uint32_t get_u32(struct span *in)
{
    uint64_t x = own_read_number(in);
    if (x > UINT32_MAX)
        span_fail(in, WASM_INT_TOO_LARGE, span_offset(in));
    return (uint32_t)x;
}

static struct cert_bytes get_sized(struct span *in)
{
    uint32_t n = get_u32(in);
    return (struct cert_bytes){span_take(in, n), n};
}

static bool read_context(struct span *in, struct cert_context *out)
{
    out->func = get_u32(in);
    out->entry = get_sized(in);
    out->result = get_sized(in);
    out->points = get_sized(in);
    return !in->bad;
}

struct cert_context *const *cert_read_contexts(struct arena *a, const struct vview *m,
                                               struct span *in)
{
    uint64_t n = own_read_number(in);
    if (in->bad || n > span_left(in))
        return NULL;
    struct cert_context **first = ARENA_ARRAY(a, m->nfuncs, struct cert_context *);
    struct cert_context *all = ARENA_ARRAY(a, n, struct cert_context), *last = NULL;
    if (!first || !all)
        return NULL;
    for (uint64_t k = 0; k < n; k++) {
        struct cert_context *c = &all[k];
        if (!read_context(in, c) || c->func < m->nimported[EXT_FUNC] || c->func >= m->nfuncs ||
            (last && c->func < last->func))
            return NULL;
        if (last && c->func == last->func)
            last->next = c;
        else
            first[c->func] = c;
        last = c;
    }
    return span_left(in) == 0 ? first : NULL;
}

bool cert_read_point(struct span *in, uint32_t at, struct cert_point *out)
{
    uint32_t step = get_u32(in);
    if (step > UINT32_MAX - at)
        return false;
    out->at = at + step;
    out->state = get_sized(in);
    return !in->bad;
}
