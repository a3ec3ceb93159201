/* The format of certificates: writing what the fixpoint found, reading the parts. */
#include "verifier/cert.h"

#include <stdlib.h>
#include <string.h>

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

void cert_put_context(struct strbuf *out, const struct own_summary *s)
{
    struct strbuf result = {0};
    cert_put_number(out, s->func);
    put_sized(out, s->key, s->nkey);
    if (s->result)
        own_serialise(s->result, &result);
    put_sized(out, result.s, result.len);
    out->failed |= result.failed;
    strbuf_clear(&result);
    put_sized(out, s->points.p, s->points.n);
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

bool cert_points_take(struct cert_points *p, struct arena *a, struct cert_bytes *out)
{
    struct strbuf b = {0};
    uint32_t last = 0;
    if (p->n)
        qsort(p->list, p->n, sizeof *p->list, order);
    for (uint32_t i = 0; i < p->n; i++) {
        const struct cert_at *x = &p->list[i];
        if (i > 0 && x->at == x[-1].at)
            continue;
        cert_put_number(&b, x->at - last);
        put_sized(&b, p->bytes.s + x->from, x->n);
        last = x->at;
    }
    bool ok = !p->failed && !p->bytes.failed && !b.failed;
    const char *copy = ok ? arena_strndup(a, strbuf_text(&b), b.len) : NULL;
    if (copy)
        *out = (struct cert_bytes){(const uint8_t *)copy, (uint32_t)b.len};
    strbuf_clear(&b);
    cert_points_clear(p);
    return copy != NULL;
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

bool cert_read_context(struct span *in, struct cert_context *out)
{
    out->func = get_u32(in);
    out->entry = get_sized(in);
    out->result = get_sized(in);
    out->points = get_sized(in);
    return !in->bad;
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
