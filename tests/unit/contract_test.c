/* The contract language beyond what tests/contracts/ says in files: layout, names, canonical text,
 * identity, queue bounds against an exploration of both queues. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/contract.h"
#include "contract/graph.h"
#include "contract/limits.h"
#include "contract/nearest.h"
#include "tests/suite.h"

/* A parsed text with its arena. */
struct parsed {
    struct arena a;
    const struct contract_set *set;
    struct diag why;
    enum status status;
};

static struct parsed parse(const char *text)
{
    struct parsed p = {.set = NULL};
    diag_clear(&p.why);
    p.status = contract_parse(&p.a, text, strlen(text), &p.set, &p.why);
    return p;
}

static struct parsed parse_ok(const char *text)
{
    struct parsed p = parse(text);
    ck_assert_msg(p.status == OK, "%u:%u %s %s", p.why.line, p.why.column, status_name(p.why.code),
                  p.why.detail);
    return p;
}

#define SIMPLE                                                                                     \
    "contract C { in message A(); out message B(); state S: one { A? -> T; end; } state T: B! -> " \
    "S; }"

/* ---- layout ---- */

START_TEST(scalars_have_c_sizes_and_wasm_types)
{
    static const struct {
        const char *name;
        uint32_t size;
        uint8_t wasm;
    } want[SC_N] = {{"i8", 1, 0x7f},  {"u8", 1, 0x7f},  {"i16", 2, 0x7f}, {"u16", 2, 0x7f},
                    {"i32", 4, 0x7f}, {"u32", 4, 0x7f}, {"i64", 8, 0x7e}, {"u64", 8, 0x7e},
                    {"f32", 4, 0x7d}, {"f64", 8, 0x7c}};
    for (enum scalar s = 0; s < SC_N; s++) {
        ck_assert_str_eq(scalar_name(s), want[s].name);
        ck_assert_uint_eq(scalar_size(s), want[s].size);
        ck_assert_uint_eq(scalar_wasm_type(s), want[s].wasm);
    }
}
END_TEST

START_TEST(blocks_are_laid_out_as_c_structs)
{
    struct parsed p = parse_ok("block T { bytes: u8[]; }"
                               "block B { a: u8; t: T; b: u16; c: u64; d: i8; w: f64[]; }"
                               "block E { }");
    const struct block_type *b = &p.set->blocks[1];
    static const uint32_t offsets[] = {0, 8, 16, 24, 32, 40};
    ck_assert_uint_eq(b->nfields, 6);
    for (uint32_t i = 0; i < 6; i++)
        ck_assert_uint_eq(b->fields[i].offset, offsets[i]);
    ck_assert_uint_eq(b->size, 40);
    ck_assert_uint_eq(b->array, 5);
    ck_assert_uint_eq(b->nchildren, 1);
    ck_assert_uint_eq(b->fields[1].child, 0);
    ck_assert_uint_eq(b->fields[0].child, CONTRACT_NONE);
    ck_assert_uint_eq(b->fields[1].ref.kind, REF_BLOCK);
    ck_assert_uint_eq(b->fields[1].ref.block, 0);
    ck_assert_uint_eq(p.set->blocks[0].size, 0);
    ck_assert_uint_eq(p.set->blocks[0].fields[0].offset, 0);
    ck_assert_uint_eq(p.set->blocks[2].size, 0);
    ck_assert_uint_eq(p.set->blocks[2].array, CONTRACT_NONE);
    arena_clear(&p.a);
}
END_TEST

START_TEST(messages_are_laid_out_as_c_structs)
{
    struct parsed p = parse_ok("block T { a: u8; } contract C { in message A(u8 a, T ref, u32 b, "
                               "f64 c, u16 d); state S: A? -> end; }");
    const struct message *m = &p.set->contracts[0].messages[0];
    struct c {
        uint8_t a;
        uint32_t b;
        double c;
        uint16_t d;
    };
    ck_assert_uint_eq(m->nparams, 4);
    ck_assert_uint_eq(m->params[0].offset, offsetof(struct c, a));
    ck_assert_uint_eq(m->params[1].offset, offsetof(struct c, b));
    ck_assert_uint_eq(m->params[2].offset, offsetof(struct c, c));
    ck_assert_uint_eq(m->params[3].offset, offsetof(struct c, d));
    ck_assert_uint_eq(m->scalars_size, sizeof(struct c));
    ck_assert_uint_eq(m->ref.kind, REF_BLOCK);
    ck_assert_uint_eq(m->ref_at, 1);
    ck_assert_str_eq(m->ref_name, "ref");
    ck_assert_uint_eq(m->dir, DIR_IN);
    arena_clear(&p.a);
}
END_TEST

START_TEST(endpoints_are_found_in_children)
{
    struct parsed p = parse_ok("block A { b: B; } block B { c: C2; } block C2 { e: exp C:T; } "
                               "block D { d: D; f: frozen D; }" SIMPLE);
    ck_assert(p.set->blocks[0].holds_endpoints);
    ck_assert(p.set->blocks[1].holds_endpoints);
    ck_assert(p.set->blocks[2].holds_endpoints);
    ck_assert(!p.set->blocks[3].holds_endpoints);
    ck_assert_uint_eq(p.set->blocks[2].fields[0].ref.kind, REF_EXP);
    ck_assert_uint_eq(p.set->blocks[2].fields[0].ref.contract, 0);
    ck_assert_uint_eq(p.set->blocks[2].fields[0].ref.state, 1);
    arena_clear(&p.a);
}
END_TEST

/* ---- states ---- */

START_TEST(chains_become_states)
{
    struct parsed p = parse_ok("contract C { in message A(); out message B(); out message D();"
                               "state S: one { A? -> B! -> D! -> S; end; } }");
    const struct contract *c = &p.set->contracts[0];
    ck_assert_uint_eq(c->nstates, 3);
    ck_assert_str_eq(c->states[0].name, "S");
    ck_assert_str_eq(c->states[1].name, "S.A");
    ck_assert_str_eq(c->states[2].name, "S.A.B");
    ck_assert(!c->states[0].anonymous && c->states[1].anonymous && c->states[2].anonymous);
    ck_assert(c->states[0].may_end && !c->states[1].may_end);
    ck_assert_uint_eq(c->states[0].dir, DIR_IN);
    ck_assert_uint_eq(c->states[1].dir, DIR_OUT);
    ck_assert_uint_eq(state_transition(&c->states[0], 0)->next, 1);
    ck_assert_uint_eq(state_transition(&c->states[1], 1)->next, 2);
    ck_assert_uint_eq(state_transition(&c->states[2], 2)->next, 0);
    ck_assert_ptr_null(state_transition(&c->states[2], 0));
    ck_assert_uint_eq(contract_find_state(c, "S.A", 3), 1);
    arena_clear(&p.a);
}
END_TEST

START_TEST(names_are_found_exactly)
{
    struct parsed p = parse_ok("block Frame { seq: u64; } block Fram { a: u8; }" SIMPLE);
    const struct contract_set *s = p.set;
    ck_assert_uint_eq(contract_find_block(s, "Frame", 5), 0);
    ck_assert_uint_eq(contract_find_block(s, "Frame", 4), 1);
    ck_assert_uint_eq(contract_find_block(s, "Frames", 6), CONTRACT_NONE);
    ck_assert_uint_eq(contract_find_block(s, "C", 1), CONTRACT_NONE);
    ck_assert_uint_eq(contract_find_contract(s, "C", 1), 0);
    ck_assert_uint_eq(contract_find_contract(s, "Frame", 5), CONTRACT_NONE);
    ck_assert_uint_eq(contract_find_contract(s, "C\0D", 3), CONTRACT_NONE);
    ck_assert_uint_eq(contract_find_block(s, "", 0), CONTRACT_NONE);
    ck_assert_uint_eq(block_find_field(&s->blocks[0], "seq", 3), 0);
    ck_assert_uint_eq(block_find_field(&s->blocks[0], "se", 2), CONTRACT_NONE);
    ck_assert_uint_eq(contract_find_message(&s->contracts[0], "B", 1), 1);
    ck_assert_uint_eq(contract_find_message(&s->contracts[0], "Bo", 2), CONTRACT_NONE);
    const struct contract_set none = {0};
    ck_assert_uint_eq(contract_find_block(&none, "Frame", 5), CONTRACT_NONE);
    ck_assert_uint_eq(contract_find_contract(&none, "C", 1), CONTRACT_NONE);
    arena_clear(&p.a);
}
END_TEST

/* ---- canonical text ---- */

static char *canonical(const char *text, const char *name)
{
    struct parsed p = parse_ok(text);
    struct strbuf b = {0};
    uint32_t block = contract_find_block(p.set, name, strlen(name));
    if (block != CONTRACT_NONE)
        contract_canonical_block(p.set, block, &b);
    else
        contract_canonical_contract(p.set, contract_find_contract(p.set, name, strlen(name)), &b);
    arena_clear(&p.a);
    return strbuf_take(&b);
}

#define PING                                                                                       \
    "contract Ping { in message P(T t); out message Q(imp Pong:S e); state S: P? -> Q! -> end; }"
#define PONG "contract Pong { in message R(); state S: one { R? -> end; end; } }"

START_TEST(canonical_text_does_not_depend_on_what_surrounds_it)
{
    char *a = canonical("block T { a: u8; }" PONG PING, "Ping");
    char *b = canonical("// words\n" PING
                        "block Z { t: T; }\nblock T\n{ a : u8 ; /* words */ } " PONG " slots T[4];",
                        "Ping");
    ck_assert_str_eq(a, b);
    ck_assert_str_eq(a, "contract Ping {\n"
                        "    in message P(T t);\n"
                        "    out message Q(imp Pong:S e);\n"
                        "\n"
                        "    state S: P? -> Q! -> end;\n"
                        "}\n"
                        "\n"
                        "contract Pong {\n"
                        "    in message R();\n"
                        "\n"
                        "    state S: one {\n"
                        "        R? -> end;\n"
                        "        end;\n"
                        "    }\n"
                        "}\n"
                        "\n"
                        "block T {\n"
                        "    a: u8;\n"
                        "}\n");
    struct contract_id x = contract_id_of(a, strlen(a)), y = contract_id_of(b, strlen(b));
    ck_assert(x.lo == y.lo && x.hi == y.hi);
    free(a);
    free(b);
}
END_TEST

START_TEST(canonical_text_depends_on_what_is_mentioned)
{
    char *a = canonical("block T { a: u8; }" PONG PING, "Ping");
    char *b = canonical("block T { a: i8; }" PONG PING, "Ping");
    ck_assert_str_ne(a, b);
    struct contract_id x = contract_id_of(a, strlen(a)), y = contract_id_of(b, strlen(b));
    ck_assert(x.lo != y.lo && x.hi != y.hi);
    free(a);
    free(b);
}
END_TEST

/* Two declarations that mention each other have the same closure, but are not the same. */
START_TEST(canonical_text_begins_with_the_declaration_itself)
{
    static const char text[] = "block B { a: A; } block A { b: B; }";
    char *a = canonical(text, "A"), *b = canonical(text, "B");
    ck_assert_str_eq(a, "block A {\n    b: B;\n}\n\nblock B {\n    a: A;\n}\n");
    ck_assert_str_eq(b, "block B {\n    a: A;\n}\n\nblock A {\n    b: B;\n}\n");
    free(a);
    free(b);
}
END_TEST

START_TEST(types_are_printed_as_written)
{
    struct parsed p = parse_ok(
        "block T { a: u8; } block B { f: frozen T; i: imp C:S; e: exp C:T; t: T; }" SIMPLE);
    static const char *const want[] = {"frozen T", "imp C:S", "exp C:T", "T"};
    struct strbuf b = {0};
    for (uint32_t i = 0; i < 4; i++) {
        b.len = 0;
        xref_type_print(p.set, &p.set->blocks[1].fields[i].ref, &b);
        ck_assert_str_eq(strbuf_text(&b), want[i]);
    }
    strbuf_clear(&b);
    arena_clear(&p.a);
}
END_TEST

START_TEST(comments_are_kept_where_they_belong)
{
    struct parsed p =
        parse_ok("// lead\n\n// of B\nblock B {\n a: u8; // of a\n // tail\n}\n"
                 "contract C {\n // of A\n in message A();\n // of S\n state S: A? -> end;\n}");
    const struct block_type *b = &p.set->blocks[0];
    const struct contract *c = &p.set->contracts[0];
    ck_assert_str_eq(b->notes.lead, "lead");
    ck_assert_str_eq(b->notes.doc, "of B");
    ck_assert_str_eq(b->fields[0].notes.doc, "of a");
    ck_assert_str_eq(b->tail, "tail");
    ck_assert_str_eq(c->notes.doc, "");
    ck_assert_str_eq(c->messages[0].notes.doc, "of A");
    ck_assert_str_eq(c->states[0].notes.doc, "of S");
    ck_assert_str_eq(p.set->tail, "");
    arena_clear(&p.a);
}
END_TEST

/* ---- queue bounds ---- */

enum { MOST_STATES = 6, MOST_MESSAGES = 6, MOST_QUEUED = 16, MOST_CONFIGS = 20000 };

/* Both sides and both queues, as a run can reach them. */
struct config {
    uint8_t state[2]; /* by role; the number of states: end */
    uint8_t n[2];     /* messages queued, by direction */
    uint8_t queue[2][MOST_QUEUED];
};

struct exploration {
    const struct contract *c;
    struct config *all;
    uint32_t n, max[2];
    bool overflow;
};

static void reach(struct exploration *x, const struct config *c)
{
    for (uint32_t i = 0; i < x->n; i++)
        if (memcmp(&x->all[i], c, sizeof *c) == 0)
            return;
    ck_assert_uint_lt(x->n, MOST_CONFIGS);
    x->all[x->n++] = *c;
}

static uint8_t target(const struct exploration *x, const struct transition *t)
{
    return (uint8_t)(t->next == STATE_END ? x->c->nstates : t->next);
}

/* Every send and receive that one side can do. Returns whether there is one. */
static bool step(struct exploration *x, struct config c, enum role side, uint32_t room)
{
    enum direction in = side == ROLE_EXP ? DIR_IN : DIR_OUT,
                   out = side == ROLE_EXP ? DIR_OUT : DIR_IN;
    if (c.state[side] == x->c->nstates)
        return false;
    const struct state *s = &x->c->states[c.state[side]];
    bool moved = s->may_end;
    if (s->ntransitions && direction_sender(s->dir) == side) {
        ck_assert_uint_eq(c.n[in],
                          0); /* half duplex: what waits for this side waits where it receives */
        if (c.n[out] == room)
            return moved;
        for (uint32_t i = 0; i < s->ntransitions; i++) {
            struct config d = c;
            d.state[side] = target(x, &s->transitions[i]);
            d.queue[out][d.n[out]++] = (uint8_t)s->transitions[i].message;
            x->max[out] = d.n[out] > x->max[out] ? d.n[out] : x->max[out];
            if (d.n[out] < MOST_QUEUED)
                reach(x, &d);
            else
                x->overflow = true;
        }
        return true;
    }
    if (c.n[in] == 0)
        return moved;
    const struct transition *t = state_transition(s, c.queue[in][0]);
    ck_assert_ptr_nonnull(t); /* every message that arrives is expected */
    c.state[side] = target(x, t);
    c.n[in]--;
    memmove(c.queue[in], c.queue[in] + 1, MOST_QUEUED - 1);
    c.queue[in][MOST_QUEUED - 1] = 0;
    reach(x, &c);
    return true;
}

/* Explores a contract with queues of `room` messages. */
static struct exploration explore(const struct contract *c, uint32_t room)
{
    static struct config all[MOST_CONFIGS];
    struct exploration x = {.c = c, .all = all};
    struct config start = {.n = {0}};
    reach(&x, &start);
    for (uint32_t i = 0; i < x.n && !x.overflow; i++) {
        struct config at = x.all[i];
        bool imp = step(&x, at, ROLE_IMP, room), exp = step(&x, at, ROLE_EXP, room);
        bool ended = at.state[ROLE_IMP] == c->nstates && at.state[ROLE_EXP] == c->nstates;
        ck_assert_msg(imp || exp || ended, "both sides wait for each other");
    }
    return x;
}

static uint32_t pick(uint32_t *seed, uint32_t n)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % n;
}

/* A contract with states of one direction each and deterministic transitions; perhaps refused
 * otherwise. */
static void random_contract(uint32_t *seed, uint32_t capacity, struct strbuf *b)
{
    uint32_t nstates = 1 + pick(seed, MOST_STATES), nmessages = 2 + pick(seed, MOST_MESSAGES - 1);
    bool used[MOST_MESSAGES] = {false};
    struct strbuf states = {0};
    for (uint32_t s = 0; s < nstates; s++) {
        uint32_t dir = pick(seed, 2);
        strbuf_printf(&states, "state S%u: one { %s", s, pick(seed, 3) ? "" : "end; ");
        bool some = false;
        for (uint32_t m = dir; m < nmessages; m += 2) {
            if (pick(seed, 2))
                continue;
            uint32_t to = pick(seed, nstates + 1);
            used[m] = some = true;
            if (to == nstates)
                strbuf_printf(&states, "M%u%c -> end; ", m, dir ? '!' : '?');
            else
                strbuf_printf(&states, "M%u%c -> S%u; ", m, dir ? '!' : '?', to);
        }
        if (!some && states.s[states.len - 2] == '{')
            strbuf_puts(&states, "end; ");
        strbuf_puts(&states, "}\n");
    }
    strbuf_puts(b, "contract C ");
    if (capacity)
        strbuf_printf(b, "capacity %u ", capacity);
    strbuf_puts(b, "{\n");
    for (uint32_t m = 0; m < nmessages; m++)
        if (used[m])
            strbuf_printf(b, "%s message M%u();\n", m % 2 ? "out" : "in", m);
    strbuf_printf(b, "%s}\n", strbuf_text(&states));
    strbuf_clear(&states);
}

START_TEST(bounds_are_what_an_exploration_of_both_queues_finds)
{
    uint32_t seed = 1, accepted = 0, unbounded = 0;
    for (int i = 0; i < 40000; i++) {
        struct strbuf b = {0};
        random_contract(&seed, 0, &b);
        struct parsed p = parse(strbuf_text(&b));
        if (p.status == OK) {
            struct exploration x = explore(&p.set->contracts[0], MOST_QUEUED);
            ck_assert_msg(!x.overflow, "%s", b.s);
            ck_assert_msg(x.max[DIR_IN] == p.set->contracts[0].bound[DIR_IN] &&
                              x.max[DIR_OUT] == p.set->contracts[0].bound[DIR_OUT],
                          "explored %u %u, computed %u %u:\n%s", x.max[0], x.max[1],
                          p.set->contracts[0].bound[0], p.set->contracts[0].bound[1], b.s);
            accepted++;
        } else {
            ck_assert_msg(p.status == CON_UNREACHABLE || p.status == CON_NO_END ||
                              p.status == CON_UNBOUNDED,
                          "%s\n%s", status_name(p.status), b.s);
            unbounded += p.status == CON_UNBOUNDED;
        }
        arena_clear(&p.a);
        strbuf_clear(&b);
    }
    ck_assert_uint_gt(accepted, 500);
    ck_assert_uint_gt(unbounded, 500);
}
END_TEST

START_TEST(a_capacity_bounds_every_queue_and_nobody_waits_for_ever)
{
    uint32_t seed = 7, accepted = 0, cut = 0;
    for (int i = 0; i < 20000; i++) {
        struct strbuf b = {0};
        random_contract(&seed, 2, &b);
        struct parsed p = parse(strbuf_text(&b));
        if (p.status == OK) {
            const struct contract *c = &p.set->contracts[0];
            struct exploration x = explore(c, 2);
            ck_assert_uint_eq(x.max[DIR_IN], c->bound[DIR_IN]);
            ck_assert_uint_eq(x.max[DIR_OUT], c->bound[DIR_OUT]);
            cut += c->bound[DIR_IN] == 2 || c->bound[DIR_OUT] == 2;
            accepted++;
        }
        arena_clear(&p.a);
        strbuf_clear(&b);
    }
    ck_assert_uint_gt(accepted, 500);
    ck_assert_uint_gt(cut, 100);
}
END_TEST

/* ---- helpers of the checks ---- */

START_TEST(graphs_find_components_and_reach)
{
    struct arena a = {0};
    struct graph g;
    uint32_t component[7];
    bool seen[7] = {[3] = true};
    ck_assert(graph_init(&g, &a, 7, 8));
    static const uint32_t edges[][2] = {{0, 1}, {1, 2}, {2, 0}, {2, 3},
                                        {3, 4}, {4, 3}, {5, 0}, {6, 6}};
    for (size_t i = 0; i < ARRAY_LEN(edges); i++)
        graph_edge(&g, edges[i][0], edges[i][1]);
    ck_assert(graph_components(&g, &a, component));
    ck_assert(component[0] == component[1] && component[1] == component[2]);
    ck_assert(component[3] == component[4]);
    ck_assert(component[0] > component[3] && component[5] > component[0]);
    ck_assert(component[6] != component[0] && component[6] != component[3]);
    ck_assert(graph_reach(&g, &a, seen));
    for (uint32_t v = 0; v < 7; v++)
        ck_assert(seen[v] == (v == 3 || v == 4));
    arena_clear(&a);
}
END_TEST

START_TEST(near_names_are_near)
{
    struct nearest n;
    nearest_init(&n, "Oepn", 4);
    nearest_offer(&n, "Close");
    ck_assert_str_eq(n.name, "");
    nearest_offer(&n, "Open");
    nearest_offer(&n, "Opens");
    ck_assert_str_eq(n.name, "Open");
    nearest_init(&n, "open", 4);
    nearest_offer(&n, "oven");
    nearest_offer(&n, "Open");
    ck_assert_str_eq(n.name, "Open");
    nearest_init(&n, "x", 1);
    nearest_offer(&n, "y");
    ck_assert_str_eq(n.name, "");
    char longest[1000];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    nearest_init(&n, longest, sizeof longest - 1);
    nearest_offer(&n, longest);
    ck_assert_str_eq(n.name, "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("contract");
    TCase *t = tcase_create("language");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, scalars_have_c_sizes_and_wasm_types);
    tcase_add_test(t, blocks_are_laid_out_as_c_structs);
    tcase_add_test(t, messages_are_laid_out_as_c_structs);
    tcase_add_test(t, endpoints_are_found_in_children);
    tcase_add_test(t, chains_become_states);
    tcase_add_test(t, names_are_found_exactly);
    tcase_add_test(t, canonical_text_does_not_depend_on_what_surrounds_it);
    tcase_add_test(t, canonical_text_depends_on_what_is_mentioned);
    tcase_add_test(t, canonical_text_begins_with_the_declaration_itself);
    tcase_add_test(t, types_are_printed_as_written);
    tcase_add_test(t, comments_are_kept_where_they_belong);
    tcase_add_test(t, bounds_are_what_an_exploration_of_both_queues_finds);
    tcase_add_test(t, a_capacity_bounds_every_queue_and_nobody_waits_for_ever);
    tcase_add_test(t, graphs_find_components_and_reach);
    tcase_add_test(t, near_names_are_near);
    suite_add_tcase(s, t);
    return run_suite(s, "contract");
}
