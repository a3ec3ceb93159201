/* All small programs against the monitor: exhaust [--length N] [--every K]
 *
 * Every sequence of at most N steps over two reference locals and an endpoint, with blocks, loops
 * and early returns (step_table), is judged. What is accepted runs with every answer of choose(),
 * every behaviour of the peer and every point at which the quota is exhausted, as far as DECISIONS
 * reach: a broken rule is a bug of the verifier. What is refused runs as well: how many never
 * misbehave is the price in precision. Sequences that differ in the names of the two locals count
 * once. What follows a step that misuses a reference for certain is left out: it would be refused
 * for the same step, and misbehaves there.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/soundness/world.h"

static const char text[] =
    "block L { x: i32; kid: L; }"
    "contract X { in message Ask(L l); out message Yes(L l); out message No();"
    "  state Start: one { Ask? -> Work; end; }"
    "  state Work: one { Yes! -> Start; No! -> Last; }"
    "  state Last: end; }";

enum { R0, R1, EP, TAG, DECISIONS = 9, RUNS_MAX = 400, LENGTH_MAX = 8 };

enum step_kind {
    S_NEW, /* local = new, alloc */
    S_ALLOC,
    S_FREE,
    S_COPY, /* local = other local */
    S_NULL,
    S_USE,
    S_PUT, /* r0.kid = r1; r1 = r0.kid taken out */
    S_TAKE,
    S_SEND,
    S_RECV,
    S_NEXT,
    S_CLOSE,
    S_ABANDON,
    S_IF_NULL, /* open blocks */
    S_IF_TAG,
    S_IF_CHOOSE,
    S_LOOP,
    S_RETURN,
    S_ELSE, /* cost nothing */
    S_END
};

static const struct step {
    uint8_t kind, a, b; /* locals */
} step_table[] = {
    {S_NEW, R0, 0},     {S_NEW, R1, 0},   {S_ALLOC, R0, 0},    {S_ALLOC, R1, 0},
    {S_FREE, R0, 0},    {S_FREE, R1, 0},  {S_COPY, R0, R1},    {S_COPY, R1, R0},
    {S_COPY, R0, EP},   {S_COPY, R1, EP}, {S_COPY, EP, R0},    {S_COPY, EP, R1},
    {S_NULL, R0, 0},    {S_NULL, R1, 0},  {S_USE, R0, 0},      {S_USE, R1, 0},
    {S_PUT, R0, R1},    {S_PUT, R1, R0},  {S_TAKE, R0, R1},    {S_TAKE, R1, R0},
    {S_SEND, R0, 0},    {S_SEND, R1, 0},  {S_RECV, R0, 0},     {S_RECV, R1, 0},
    {S_NEXT, 0, 0},     {S_CLOSE, 0, 0},  {S_ABANDON, 0, 0},   {S_IF_NULL, R0, 0},
    {S_IF_NULL, R1, 0}, {S_IF_TAG, 0, 0}, {S_IF_CHOOSE, 0, 0}, {S_LOOP, 0, 0},
    {S_RETURN, 0, 0},   {S_ELSE, 0, 0},   {S_END, 0, 0},
};

struct totals {
    uint64_t programs, accepted, refused, runs, violations, harmless, cut;
    uint64_t harmless_by[STATUS_N];
};

struct search {
    struct world w;
    struct prog p, whole;
    struct bytes b;
    uint32_t new_, alloc, free_, get, put, take, send, recv, next, close, abandon, connect;
    uint8_t open[LENGTH_MAX + 1]; /* S_LOOP, S_IF_CHOOSE, S_ELSE: an else arm */
    uint32_t depth, length;
    uint64_t every; /* only every so many programs is judged; 1: all */
    struct totals n;
};

static void op(struct prog *p, enum opcode o, int32_t x)
{
    struct func *f = p->func;
    check(f->n < PROG_CODE);
    f->code[f->n++] = (struct insn){.op = (uint16_t)o, .x = x};
}

static void get(struct prog *p, int32_t local)
{
    op(p, OP_LOCAL_GET, local);
}

static void call(struct prog *p, uint32_t o)
{
    op(p, OP_CALL, ~(int32_t)o);
}

static void close_block(struct prog *p, uint8_t kind)
{
    if (kind == S_LOOP) {
        call(p, OP_CHOOSE);
        op(p, OP_BR_IF, 0);
    }
    op(p, OP_END, 0);
}

/* Blocks and channels. */
static void add_operation(struct search *s, const struct step *k)
{
    struct prog *p = &s->p;
    int32_t a = k->a, b = k->b;
    switch (k->kind) {
    case S_NEW:
    case S_ALLOC:
        call(p, k->kind == S_NEW ? s->new_ : s->alloc);
        op(p, OP_LOCAL_SET, a);
        break;
    case S_FREE:
    case S_USE:
        get(p, a);
        call(p, k->kind == S_FREE ? s->free_ : s->get);
        if (k->kind == S_USE)
            op(p, OP_DROP, 0);
        break;
    case S_PUT:
        get(p, a);
        get(p, b);
        call(p, s->put);
        break;
    case S_TAKE:
        get(p, a);
        call(p, s->take);
        op(p, OP_LOCAL_SET, b);
        break;
    case S_SEND:
        get(p, EP);
        get(p, a);
        call(p, s->send);
        break;
    case S_RECV:
        get(p, EP);
        call(p, s->recv);
        op(p, OP_LOCAL_SET, a);
        break;
    case S_NEXT:
        get(p, EP);
        call(p, s->next);
        op(p, OP_LOCAL_SET, TAG);
        break;
    default:
        get(p, EP);
        call(p, k->kind == S_CLOSE ? s->close : s->abandon);
    }
}

static void open_block(struct search *s, const struct step *k)
{
    struct prog *p = &s->p;
    s->open[s->depth++] = k->kind == S_LOOP ? S_LOOP : S_IF_CHOOSE;
    if (k->kind == S_LOOP) {
        op(p, OP_LOOP, BLOCK_PLAIN);
        return;
    }
    if (k->kind == S_IF_NULL) {
        get(p, k->a);
        op(p, OP_REF_IS_NULL, 0);
    } else if (k->kind == S_IF_TAG) {
        get(p, TAG);
        op(p, OP_I32_CONST, 1); /* Yes */
        op(p, OP_I32_EQ, 0);
    } else {
        call(p, OP_CHOOSE);
    }
    op(p, OP_IF, BLOCK_PLAIN);
}

static void add(struct search *s, const struct step *k)
{
    struct prog *p = &s->p;
    switch (k->kind) {
    case S_COPY:
        get(p, k->b);
        op(p, OP_LOCAL_SET, k->a);
        break;
    case S_NULL:
        op(p, OP_REF_NULL, 0);
        op(p, OP_LOCAL_SET, k->a);
        break;
    case S_IF_NULL:
    case S_IF_TAG:
    case S_IF_CHOOSE:
    case S_LOOP:
        open_block(s, k);
        break;
    case S_RETURN:
        op(p, OP_RETURN, 0);
        break;
    case S_ELSE:
        s->open[s->depth - 1] = S_ELSE;
        op(p, OP_ELSE, 0);
        break;
    case S_END:
        close_block(p, s->open[--s->depth]);
        break;
    default:
        add_operation(s, k);
    }
}

/* ---- judging ---- */

/* All runs; true if a rule is broken in one. */
static bool misbehaves(struct search *s, const struct verified_module *m, bool count)
{
    struct guest g;
    struct decisions d = {.max = DECISIONS};
    bool found = false;
    if (!guest_open(&g, &s->w, m))
        exit(2);
    s->w.decide = &d;
    for (uint32_t i = 0; i < RUNS_MAX && !found; i++) {
        found = guest_run(&g).outcome == OUT_VIOLATION;
        s->n.runs += count;
        s->n.cut += count && i + 1 == RUNS_MAX;
        if (!decisions_next(&d))
            break;
    }
    s->w.decide = NULL;
    guest_close(&g);
    return found;
}

/* A misuse that no later instruction undoes. */
static bool final(enum status code)
{
    const char *name = status_name(code);
    return strncmp(name, "TYP_", 4) == 0 || strncmp(name, "CON_", 4) == 0 ||
           (strncmp(name, "OWN_", 4) == 0 && code != OWN_LEAK && code != OWN_SPLIT);
}

/* The program as it is, its blocks closed; `tidy`: the endpoint abandoned at its end. False: no
 * program that begins like this one is of interest. */
static bool judge(struct search *s, bool tidy)
{
    struct verified_module *m;
    struct diag why;
    prog_copy(&s->whole, &s->p);
    for (uint32_t i = s->depth; i > 0; i--)
        close_block(&s->whole, s->open[i - 1]);
    uint32_t body = s->whole.func->n;
    if (tidy) {
        get(&s->whole, EP);
        call(&s->whole, s->abandon);
    }
    (void)body;
    prog_emit(&s->whole, &s->w, &s->b);
    enum judgement j = world_judge(s->b.p, s->b.n, &m, &why);
    check(j != J_INVALID);
    s->n.programs++;
    if (j == J_ACCEPTED) {
        s->n.accepted++;
        if (misbehaves(s, m, true)) {
            s->n.violations++;
            prog_print(&s->whole, &s->w, stdout);
        }
        verified_destroy(m);
        return true;
    }
    s->n.refused++;
    m = world_unproved(s->b.p, s->b.n);
    bool wrong = misbehaves(s, m, false);
    verified_destroy(m);
    if (!wrong) {
        s->n.harmless++;
        s->n.harmless_by[why.code]++;
    }
    return !(wrong && !tidy && final(why.code));
}

static bool allowed(const struct search *s, const struct step *k, uint32_t cost, bool r1, bool dead)
{
    if (k->kind == S_ELSE)
        return s->depth && s->open[s->depth - 1] == S_IF_CHOOSE;
    if (k->kind == S_END)
        return s->depth > 0;
    bool names_r1 = k->kind < S_NEXT && (k->a == R1 || k->b == R1);
    bool names_r0 = k->kind < S_NEXT && k->kind != S_USE && (k->a == R0);
    (void)names_r0;
    return cost < s->length && !dead && (r1 || !names_r1 || k->kind == S_PUT || k->kind == S_TAKE);
}

/* r1: the second local may be named; dead: the last step was a return. */
static void extend(struct search *s, uint32_t cost, bool named, bool dead)
{
    for (uint32_t i = 0; i < ARRAY_LEN(step_table); i++) {
        const struct step *k = &step_table[i];
        if (!allowed(s, k, cost, named, dead))
            continue;
        uint32_t n = s->p.func->n, depth = s->depth;
        uint8_t top = depth ? s->open[depth - 1] : 0;
        add(s, k);
        bool free_step = k->kind == S_ELSE || k->kind == S_END;
        bool go = true;
        if (k->kind != S_END) { /* closing a block at the end changes nothing */
            go = judge(s, false);
            if (go)
                (void)judge(s, true);
        }
        bool locals = k->kind < S_NEXT || k->kind == S_IF_NULL;
        if (go)
            extend(s, cost + !free_step, named || locals, k->kind == S_RETURN);
        s->p.func->n = n;
        s->depth = depth;
        if (depth)
            s->open[depth - 1] = top;
    }
}

/* e = connect; if it is null, return. */
static void prelude(struct search *s)
{
    struct world *w = &s->w;
    s->new_ = world_find(w, "L", "new");
    s->alloc = world_find(w, "L", "alloc");
    s->free_ = world_find(w, "L", "free");
    s->get = world_find(w, "L", "x.get");
    s->put = world_find(w, "L", "kid.put");
    s->take = world_find(w, "L", "kid.take");
    s->send = world_find(w, "X", "imp.send.Ask");
    s->recv = world_find(w, "X", "imp.recv.Yes");
    s->next = world_find(w, "X", "imp.next");
    s->close = world_find(w, "X", "imp.close");
    s->abandon = world_find(w, "X", "imp.abandon");
    s->connect = world_find(w, "X", "imp.connect");
    struct prog *p = &s->p;
    p->nfuncs = 1;
    p->func->type = prog_type(p, "", "");
    p->func->nlocals = 4;
    memcpy(p->func->local, "rrri", 5);
    op(p, OP_I32_CONST, (int32_t)NAME_AT(0));
    op(p, OP_I32_CONST, NAME_LEN);
    call(p, s->connect);
    op(p, OP_LOCAL_SET, EP);
    get(p, EP);
    op(p, OP_REF_IS_NULL, 0);
    op(p, OP_IF, BLOCK_PLAIN);
    op(p, OP_RETURN, 0);
    op(p, OP_END, 0);
    call(p, OP_LIMIT);
}

int main(int argc, char **argv)
{
    struct search *s = calloc(1, sizeof *s);
    uint32_t length = 3;
    if (!s)
        return 2;
    for (int i = 1; i + 1 < argc; i += 2)
        if (strcmp(argv[i], "--length") == 0)
            length = (uint32_t)strtoul(argv[i + 1], NULL, 0);
    if (argc % 2 == 0 || length > LENGTH_MAX) {
        fprintf(stderr, "usage: %s [--length N]\n", argv[0]);
        return 2;
    }
    world_open(&s->w, text);
    s->length = length;
    prelude(s);
    extend(s, 0, false, false);
    const struct totals *n = &s->n;
    printf("length %u: %llu programs, %llu accepted, %llu runs of them, %llu violations\n", length,
           (unsigned long long)n->programs, (unsigned long long)n->accepted,
           (unsigned long long)n->runs, (unsigned long long)n->violations);
    printf("%llu refused, %llu of them misbehave in no run:", (unsigned long long)n->refused,
           (unsigned long long)n->harmless);
    for (uint32_t i = 1; i < STATUS_N; i++)
        if (n->harmless_by[i])
            printf(" %s %llu", status_name((enum status)i), (unsigned long long)n->harmless_by[i]);
    printf("\nprograms whose runs were too many to try all: %llu, %.1f s of CPU time\n",
           (unsigned long long)n->cut, (double)clock() / CLOCKS_PER_SEC);
    int failed = n->violations != 0;
    world_close(&s->w);
    free(s->b.p);
    free(s);
    return failed;
}
