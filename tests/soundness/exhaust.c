/* All small programs against the monitor: exhaust [--length N] [--statements N]
 *
 * Every sequence of at most `length` instructions that touch references, over two reference locals
 * and an endpoint, with blocks, loops and early returns around them, is judged; then every sequence
 * of at most `statements` whole statements (what they take comes from locals and goes there). What
 * is accepted runs with every answer of choose(), every behaviour of the peer and every point at
 * which the quota is exhausted, as far as DECISIONS reach: a broken rule is a bug of the verifier.
 * What is refused runs as well: how many never misbehave is the price in precision. Sequences that
 * differ in the names of the two locals count once. What follows a misuse that is certain is left
 * out: it would be refused for the same instruction, and misbehaves there.
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
    /* statements */
    S_NEW, /* local = new, alloc */
    S_ALLOC,
    S_FREE,
    S_COPY, /* local = other local */
    S_NULL,
    S_USE,
    S_PUT,
    S_TAKE,
    S_SEND,
    S_RECV,
    S_NEXT,
    S_CLOSE,
    S_ABANDON,
    /* instructions */
    I_GET,
    I_SET,
    I_TEE,
    I_NULL,
    I_DROP,
    I_SELECT,
    I_CALL,
    I_NEXT, /* the tag goes to its local */
    I_IF_NULL,
    /* both; the first ones open blocks */
    S_IF_NULL,
    S_IF_TAG,
    S_IF_CHOOSE,
    S_LOOP,
    S_RETURN,
    S_ELSE, /* cost nothing */
    S_END
};

/* What I_CALL calls. */
enum { C_NEW, C_ALLOC, C_FREE, C_USE, C_PUT, C_TAKE, C_SEND, C_RECV, C_CLOSE, C_ABANDON, C_N };

struct step {
    uint8_t kind, a, b;   /* locals; I_CALL: what */
    uint8_t pops, pushes; /* references */
};

static const struct step statements[] = {
    {S_NEW, R0, 0, 0, 0},      {S_NEW, R1, 0, 0, 0},     {S_ALLOC, R0, 0, 0, 0},
    {S_ALLOC, R1, 0, 0, 0},    {S_FREE, R0, 0, 0, 0},    {S_FREE, R1, 0, 0, 0},
    {S_COPY, R0, R1, 0, 0},    {S_COPY, R1, R0, 0, 0},   {S_COPY, R0, EP, 0, 0},
    {S_COPY, R1, EP, 0, 0},    {S_COPY, EP, R0, 0, 0},   {S_COPY, EP, R1, 0, 0},
    {S_NULL, R0, 0, 0, 0},     {S_NULL, R1, 0, 0, 0},    {S_USE, R0, 0, 0, 0},
    {S_USE, R1, 0, 0, 0},      {S_PUT, R0, R1, 0, 0},    {S_PUT, R1, R0, 0, 0},
    {S_TAKE, R0, R1, 0, 0},    {S_TAKE, R1, R0, 0, 0},   {S_SEND, R0, 0, 0, 0},
    {S_SEND, R1, 0, 0, 0},     {S_RECV, R0, 0, 0, 0},    {S_RECV, R1, 0, 0, 0},
    {S_NEXT, 0, 0, 0, 0},      {S_CLOSE, 0, 0, 0, 0},    {S_ABANDON, 0, 0, 0, 0},
    {S_IF_NULL, R0, 0, 0, 0},  {S_IF_NULL, R1, 0, 0, 0}, {S_IF_TAG, 0, 0, 0, 0},
    {S_IF_CHOOSE, 0, 0, 0, 0}, {S_LOOP, 0, 0, 0, 0},     {S_RETURN, 0, 0, 0, 0},
    {S_ELSE, 0, 0, 0, 0},      {S_END, 0, 0, 0, 0},
};

static const struct step instructions[] = {
    {I_GET, R0, 0, 0, 1},       {I_GET, R1, 0, 0, 1},       {I_GET, EP, 0, 0, 1},
    {I_SET, R0, 0, 1, 0},       {I_SET, R1, 0, 1, 0},       {I_SET, EP, 0, 1, 0},
    {I_TEE, R0, 0, 1, 1},       {I_TEE, R1, 0, 1, 1},       {I_NULL, 0, 0, 0, 1},
    {I_DROP, 0, 0, 1, 0},       {I_SELECT, 0, 0, 2, 1},     {I_CALL, C_NEW, 0, 0, 1},
    {I_CALL, C_ALLOC, 0, 0, 1}, {I_CALL, C_FREE, 0, 1, 0},  {I_CALL, C_USE, 0, 1, 0},
    {I_CALL, C_PUT, 0, 2, 0},   {I_CALL, C_TAKE, 0, 1, 1},  {I_CALL, C_SEND, 0, 2, 0},
    {I_CALL, C_RECV, 0, 1, 1},  {I_CALL, C_CLOSE, 0, 1, 0}, {I_CALL, C_ABANDON, 0, 1, 0},
    {I_NEXT, 0, 0, 1, 0},       {I_IF_NULL, 0, 0, 1, 0},    {S_IF_TAG, 0, 0, 0, 0},
    {S_IF_CHOOSE, 0, 0, 0, 0},  {S_LOOP, 0, 0, 0, 0},       {S_RETURN, 0, 0, 0, 0},
    {S_ELSE, 0, 0, 0, 0},       {S_END, 0, 0, 0, 0},
};

struct totals {
    uint64_t programs, accepted, refused, runs, violations, harmless, cut;
    uint64_t harmless_by[STATUS_N];
};

struct search {
    struct world w;
    struct prog p, whole;
    struct bytes b;
    uint32_t call[C_N], next;
    const struct step *table;
    uint32_t nsteps, length;
    uint8_t open[LENGTH_MAX + 1];   /* S_LOOP, S_IF_CHOOSE, S_ELSE: an else arm */
    uint8_t height[LENGTH_MAX + 2]; /* references on the stack, by open block */
    uint32_t depth;
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
        call(p, k->kind == S_NEW ? s->call[C_NEW] : s->call[C_ALLOC]);
        op(p, OP_LOCAL_SET, a);
        break;
    case S_FREE:
    case S_USE:
        get(p, a);
        call(p, k->kind == S_FREE ? s->call[C_FREE] : s->call[C_USE]);
        if (k->kind == S_USE)
            op(p, OP_DROP, 0);
        break;
    case S_PUT:
        get(p, a);
        get(p, b);
        call(p, s->call[C_PUT]);
        break;
    case S_TAKE:
        get(p, a);
        call(p, s->call[C_TAKE]);
        op(p, OP_LOCAL_SET, b);
        break;
    case S_SEND:
        get(p, EP);
        get(p, a);
        call(p, s->call[C_SEND]);
        break;
    case S_RECV:
        get(p, EP);
        call(p, s->call[C_RECV]);
        op(p, OP_LOCAL_SET, a);
        break;
    case S_NEXT:
        get(p, EP);
        call(p, s->next);
        op(p, OP_LOCAL_SET, TAG);
        break;
    default:
        get(p, EP);
        call(p, k->kind == S_CLOSE ? s->call[C_CLOSE] : s->call[C_ABANDON]);
    }
}

static void open_block(struct search *s, const struct step *k)
{
    struct prog *p = &s->p;
    s->open[s->depth++] = k->kind == S_LOOP ? S_LOOP : S_IF_CHOOSE;
    s->height[s->depth] = 0;
    if (k->kind == S_LOOP) {
        op(p, OP_LOOP, BLOCK_PLAIN);
        return;
    }
    if (k->kind == S_IF_NULL || k->kind == I_IF_NULL) {
        if (k->kind == S_IF_NULL)
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

static void add_instruction(struct search *s, const struct step *k)
{
    struct prog *p = &s->p;
    switch (k->kind) {
    case I_GET:
        get(p, k->a);
        break;
    case I_SET:
    case I_TEE:
        op(p, k->kind == I_SET ? OP_LOCAL_SET : OP_LOCAL_TEE, k->a);
        break;
    case I_NULL:
    case I_DROP:
        op(p, k->kind == I_NULL ? OP_REF_NULL : OP_DROP, 0);
        break;
    case I_SELECT:
        call(p, OP_CHOOSE);
        op(p, OP_SELECT_T, 0);
        break;
    case I_NEXT:
        call(p, s->next);
        op(p, OP_LOCAL_SET, TAG);
        break;
    default:
        call(p, s->call[k->a]);
        if (k->a == C_USE)
            op(p, OP_DROP, 0);
    }
}

static void add(struct search *s, const struct step *k)
{
    struct prog *p = &s->p;
    s->height[s->depth] = (uint8_t)(s->height[s->depth] - k->pops + k->pushes);
    switch (k->kind) {
    case S_COPY:
        get(p, k->b);
        op(p, OP_LOCAL_SET, k->a);
        break;
    case S_NULL:
        op(p, OP_REF_NULL, 0);
        op(p, OP_LOCAL_SET, k->a);
        break;
    case I_IF_NULL:
    case S_IF_NULL:
    case S_IF_TAG:
    case S_IF_CHOOSE:
    case S_LOOP:
        open_block(s, k);
        break;
    case I_GET:
    case I_SET:
    case I_TEE:
    case I_NULL:
    case I_DROP:
    case I_SELECT:
    case I_CALL:
    case I_NEXT:
        add_instruction(s, k);
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
    if (tidy) {
        get(&s->whole, EP);
        call(&s->whole, s->call[C_ABANDON]);
    }
    prog_emit(&s->whole, &s->w, &s->b);
    enum judgement j = world_judge(s->b.p, s->b.n, &m, &why);
    check(j != J_INVALID && (j == J_ACCEPTED || why.code != OWN_CERTIFICATE));
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

static bool names_local(const struct step *k)
{
    return k->kind < S_NEXT || k->kind == S_IF_NULL || (k->kind >= I_GET && k->kind <= I_TEE);
}

/* What was done so far, as far as it matters to what may follow. */
struct past {
    const struct step *last;
    uint32_t cost;
    bool named; /* r0 or r1 was */
    bool asked; /* for a tag */
};

/* Steps without any effect after the last one. */
static bool idle(const struct step *last, const struct step *k)
{
    if (k->kind == S_END && (last->kind == S_LOOP || last->kind == S_ELSE))
        return true; /* nothing in the block */
    if (k->kind == I_DROP)
        return last->kind == I_GET || last->kind == I_NULL;
    return k->kind == I_SET && last->kind == I_GET && last->a == k->a;
}

static bool allowed(const struct search *s, const struct step *k, const struct past *p)
{
    uint32_t height = s->height[s->depth], left = s->length - p->cost;
    if (p->last && idle(p->last, k))
        return false;
    if (k->kind == S_ELSE)
        return s->depth && s->open[s->depth - 1] == S_IF_CHOOSE && height == 0;
    if (k->kind == S_END)
        return s->depth > 0 && height == 0;
    if (left == 0 || (p->last && p->last->kind == S_RETURN) || height < k->pops)
        return false;
    if (k->kind == S_RETURN && (height || s->depth == 0))
        return false;
    if (k->kind == S_IF_TAG && !p->asked)
        return false;
    /* the first local to be named is r0; what is on the stack can still be taken */
    bool first_r1 = k->a == R1 && names_local(k);
    return (p->named || !first_r1) && height - k->pops + k->pushes <= 2 * (left - 1);
}

/* Blocks that are open have nothing on the stack. */
static bool complete(const struct search *s)
{
    for (uint32_t i = 0; i <= s->depth; i++)
        if (s->height[i])
            return false;
    return true;
}

static void extend(struct search *s, const struct past *past)
{
    for (uint32_t i = 0; i < s->nsteps; i++) {
        const struct step *k = &s->table[i];
        if (!allowed(s, k, past))
            continue;
        uint32_t n = s->p.func->n, depth = s->depth;
        uint8_t top = depth ? s->open[depth - 1] : 0, height = s->height[depth];
        add(s, k);
        bool gratis = k->kind == S_ELSE || k->kind == S_END, go = true;
        if (!gratis && complete(s)) { /* closing a block at the end changes nothing */
            go = judge(s, false);
            if (go)
                (void)judge(s, true);
        }
        struct past now = {k, past->cost + !gratis, past->named || (names_local(k) && k->a <= R1),
                           past->asked || k->kind == S_NEXT || k->kind == I_NEXT};
        if (go)
            extend(s, &now);
        s->p.func->n = n;
        s->depth = depth;
        s->height[depth] = height;
        if (depth)
            s->open[depth - 1] = top;
    }
}

/* e = connect; if it is null, return. */
static void prelude(struct search *s)
{
    static const char *const names[C_N][2] = {
        {"L", "new"},       {"L", "alloc"},      {"L", "free"},         {"L", "x.get"},
        {"L", "kid.put"},   {"L", "kid.take"},   {"X", "imp.send.Ask"}, {"X", "imp.recv.Yes"},
        {"X", "imp.close"}, {"X", "imp.abandon"}};
    for (uint32_t i = 0; i < C_N; i++)
        s->call[i] = world_find(&s->w, names[i][0], names[i][1]);
    s->next = world_find(&s->w, "X", "imp.next");
    struct prog *p = &s->p;
    p->nfuncs = 1;
    p->func->type = prog_type(p, "", "");
    p->func->nlocals = 4;
    memcpy(p->func->local, "rrri", 5);
    op(p, OP_I32_CONST, (int32_t)NAME_AT(0));
    op(p, OP_I32_CONST, NAME_LEN);
    call(p, world_find(&s->w, "X", "imp.connect"));
    op(p, OP_LOCAL_SET, EP);
    get(p, EP);
    op(p, OP_REF_IS_NULL, 0);
    op(p, OP_IF, BLOCK_PLAIN);
    op(p, OP_RETURN, 0);
    op(p, OP_END, 0);
    call(p, OP_LIMIT);
}

static void search(struct search *s, const struct step *table, uint32_t nsteps, uint32_t length,
                   const char *what)
{
    clock_t began = clock();
    s->table = table;
    s->nsteps = nsteps;
    s->length = length;
    s->n = (struct totals){.violations = s->n.violations};
    if (length)
        extend(s, &(struct past){0});
    const struct totals *n = &s->n;
    printf("up to %u %s: %llu programs, %llu accepted, %llu runs of them, %llu violations\n",
           length, what, (unsigned long long)n->programs, (unsigned long long)n->accepted,
           (unsigned long long)n->runs, (unsigned long long)n->violations);
    printf("  %llu refused, of which misbehave in no run: %llu", (unsigned long long)n->refused,
           (unsigned long long)n->harmless);
    for (uint32_t i = 1; i < STATUS_N; i++)
        if (n->harmless_by[i])
            printf(" %s %llu", status_name((enum status)i), (unsigned long long)n->harmless_by[i]);
    printf("\n  too many runs to try all: %llu programs; %.1f s of CPU time\n",
           (unsigned long long)n->cut, (double)(clock() - began) / CLOCKS_PER_SEC);
}

int main(int argc, char **argv)
{
    struct search *s = calloc(1, sizeof *s);
    uint32_t length = 4, whole = 2;
    if (!s)
        return 2;
    for (int i = 1; i + 1 < argc; i += 2)
        if (strcmp(argv[i], "--length") == 0)
            length = (uint32_t)strtoul(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--statements") == 0)
            whole = (uint32_t)strtoul(argv[i + 1], NULL, 0);
    if (argc % 2 == 0 || length > LENGTH_MAX || whole > LENGTH_MAX) {
        fprintf(stderr, "usage: %s [--length N] [--statements N]\n", argv[0]);
        return 2;
    }
    world_open(&s->w, text);
    prelude(s);
    search(s, instructions, ARRAY_LEN(instructions), length, "instructions");
    search(s, statements, ARRAY_LEN(statements), whole, "statements");
    int failed = s->n.violations != 0;
    world_close(&s->w);
    free(s->b.p);
    free(s);
    return failed;
}
