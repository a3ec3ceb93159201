/* Checks of contracts as automata: deterministic, no mixed states, everything reachable, always a
 * way to end, bounded queues; and, over all contracts together, no endpoint inside its own queue.
 *
 * Law (half duplex): if a contract is deterministic and has no mixed states, at most one of the two
 * queues holds messages, and the side that they wait for is in a state from which it can only
 * receive them. For the receiver can be behind the sender, never ahead of it, and while it is
 * behind it is not its turn to send.
 *
 * Hence the largest number of messages in flight in one direction is the longest path of
 * transitions of that direction alone, and two sides that wait for room in a full queue
 * (`capacity`) cannot wait for each other. tests/unit/contract_test.c compares this with an
 * exploration of both queues.
 */
#include "contract/parser.h"

#include <string.h>

#include "contract/graph.h"
#include "contract/limits.h"

static void no_memory(struct parser *p)
{
    lexer_fail(&p->lex, E_NOMEM, 0, 0, "contract");
}

static const char *state_name(const struct contract *c, uint32_t s)
{
    return s == STATE_END ? "end" : c->states[s].name;
}

/* ---- one state at a time ---- */

static void check_states(struct parser *p, struct contract *c)
{
    if (c->nstates == 0) {
        struct diag *d = lexer_fail(&p->lex, CON_STATES, c->line, c->column, "`%s`", c->name);
        diag_want(d, "at least one state; the first one is the start");
        diag_hint(d, "for example `state Start: end;`");
        return;
    }
    for (uint32_t i = 0; i < c->nstates && parser_ok(p); i++) {
        struct state *s = &c->states[i];
        uint64_t seen = 0;
        for (uint32_t k = 0; k < s->ntransitions; k++) {
            const struct transition *t = &s->transitions[k];
            const struct message *m = &c->messages[t->message];
            if (seen >> t->message & 1) {
                struct diag *d =
                    lexer_fail(&p->lex, CON_NONDETERMINISTIC, t->line, t->column,
                               "message `%s` in state `%s` of `%s`", m->name, s->name, c->name);
                diag_want(d, "one transition: it leads to `%s` already",
                          state_name(c, state_transition(s, t->message)->next));
                diag_found(d, "a second one, to `%s`", state_name(c, t->next));
                return;
            }
            seen |= (uint64_t)1 << t->message;
            if (k == 0)
                s->dir = m->dir;
            if (m->dir != s->dir) {
                struct diag *d = lexer_fail(&p->lex, CON_MIXED_STATE, t->line, t->column,
                                            "state `%s` of `%s`", s->name, c->name);
                diag_want(d, "only messages that the %s side sends, like `%s`",
                          s->dir == DIR_IN ? "imp" : "exp",
                          c->messages[s->transitions[0].message].name);
                diag_found(d, "`%s`, which the %s side sends", m->name,
                           m->dir == DIR_IN ? "imp" : "exp");
                return;
            }
        }
    }
}

/* ---- the graph of states ---- */

/* All transitions between states, or those of one direction, or all of them reversed. */
enum which { ALL, IN_ONLY, OUT_ONLY, REVERSED };

static bool state_graph(struct parser *p, const struct contract *c, enum which which,
                        struct graph *g)
{
    uint32_t n = 0;
    for (uint32_t s = 0; s < c->nstates; s++)
        n += c->states[s].ntransitions;
    if (!graph_init(g, &p->scratch, c->nstates, n)) {
        no_memory(p);
        return false;
    }
    for (uint32_t s = 0; s < c->nstates; s++) {
        const struct state *from = &c->states[s];
        bool wanted =
            which == ALL || which == REVERSED || (from->dir == DIR_IN) == (which == IN_ONLY);
        for (uint32_t k = 0; wanted && k < from->ntransitions; k++) {
            uint32_t to = from->transitions[k].next;
            if (to != STATE_END)
                graph_edge(g, which == REVERSED ? to : s, which == REVERSED ? s : to);
        }
    }
    return true;
}

static void check_reachable(struct parser *p, const struct contract *c)
{
    struct graph g;
    bool seen[CONTRACT_STATES_MAX] = {true};
    uint64_t used = 0;
    if (!state_graph(p, c, ALL, &g))
        return;
    if (!graph_reach(&g, &p->scratch, seen)) {
        no_memory(p);
        return;
    }
    for (uint32_t i = 0; i < c->nstates; i++) {
        const struct state *s = &c->states[i];
        if (!seen[i]) {
            struct diag *d = lexer_fail(&p->lex, CON_UNREACHABLE, s->line, s->column,
                                        "state `%s` of `%s`", s->name, c->name);
            diag_want(d, "a way to it from `%s`, the first state", c->states[0].name);
            return;
        }
        for (uint32_t k = 0; k < s->ntransitions; k++)
            used |= (uint64_t)1 << s->transitions[k].message;
    }
    for (uint32_t i = 0; i < c->nmessages; i++)
        if (!(used >> i & 1)) {
            const struct message *m = &c->messages[i];
            struct diag *d = lexer_fail(&p->lex, CON_UNREACHABLE, m->line, m->column,
                                        "message `%s` of `%s`", m->name, c->name);
            diag_want(d, "a state in which it is sent");
            return;
        }
}

static void check_end(struct parser *p, const struct contract *c)
{
    struct graph g;
    bool ends[CONTRACT_STATES_MAX] = {false};
    if (!state_graph(p, c, REVERSED, &g))
        return;
    for (uint32_t i = 0; i < c->nstates; i++) {
        const struct state *s = &c->states[i];
        ends[i] = s->may_end;
        for (uint32_t k = 0; k < s->ntransitions; k++)
            ends[i] |= s->transitions[k].next == STATE_END;
    }
    if (!graph_reach(&g, &p->scratch, ends)) {
        no_memory(p);
        return;
    }
    for (uint32_t i = 0; i < c->nstates; i++)
        if (!ends[i]) {
            const struct state *s = &c->states[i];
            struct diag *d = lexer_fail(&p->lex, CON_NO_END, s->line, s->column,
                                        "state `%s` of `%s`", s->name, c->name);
            diag_want(d, "a way from it to `end` or to a state with `end;`");
            return;
        }
}

/* ---- queues ---- */

static void unbounded(struct parser *p, const struct contract *c, enum direction dir,
                      const uint32_t *component)
{
    for (uint32_t s = 0; s < c->nstates; s++)
        for (uint32_t k = 0; k < c->states[s].ntransitions; k++) {
            const struct transition *t = &c->states[s].transitions[k];
            if (c->states[s].dir != dir || t->next == STATE_END ||
                component[s] != component[t->next])
                continue;
            const char *kind = dir == DIR_IN ? "in" : "out";
            struct diag *d = lexer_fail(&p->lex, CON_UNBOUNDED, t->line, t->column,
                                        "message `%s` in state `%s` of `%s`",
                                        c->messages[t->message].name, c->states[s].name, c->name);
            diag_want(d, "messages in both directions on every cycle of states");
            diag_found(d, "a way from `%s` back to itself by `%s` messages alone",
                       c->states[s].name, kind);
            diag_hint(d,
                      "add an `%s` message to the cycle, or declare `contract %s capacity N`: a "
                      "send then "
                      "waits while N messages are queued",
                      dir == DIR_IN ? "out" : "in", c->name);
            return;
        }
}

/* The longest path of transitions of one direction, UINT32_MAX if there is a cycle of them. */
static uint32_t longest(const struct contract *c, enum direction dir, const uint32_t *component)
{
    uint32_t length[CONTRACT_STATES_MAX] = {0}, max = 0;
    for (uint32_t k = 0; k < c->nstates; k++) /* components that others lead to come first */
        for (uint32_t s = 0; s < c->nstates; s++) {
            if (component[s] != k || c->states[s].dir != dir)
                continue;
            for (uint32_t i = 0; i < c->states[s].ntransitions; i++) {
                uint32_t next = c->states[s].transitions[i].next, n = 1;
                if (next != STATE_END && component[next] == component[s])
                    return UINT32_MAX;
                if (next != STATE_END)
                    n += length[next];
                length[s] = n > length[s] ? n : length[s];
            }
            max = length[s] > max ? length[s] : max;
        }
    return max;
}

static void check_bounds(struct parser *p, struct contract *c)
{
    for (enum direction dir = DIR_IN; dir <= DIR_OUT && parser_ok(p); dir++) {
        struct graph g;
        uint32_t component[CONTRACT_STATES_MAX];
        if (!state_graph(p, c, dir == DIR_IN ? IN_ONLY : OUT_ONLY, &g))
            return;
        if (!graph_components(&g, &p->scratch, component)) {
            no_memory(p);
            return;
        }
        uint32_t n = longest(c, dir, component);
        if (n == UINT32_MAX && !c->capacity)
            unbounded(p, c, dir, component);
        c->bound[dir] = c->capacity && c->capacity < n ? c->capacity : n;
    }
}

/* ---- finite weight ----
 *
 * Nodes: the blocks, and each side of each contract in each state. What can be inside the queue of
 * an endpoint in state q are the messages that it can receive from q on before it sends (by the
 * half duplex law its queue is empty where it sends). So edges lead from q to the next state of
 * each message that it receives there, and to the block or endpoint that this message carries; and
 * from a block to its children. An endpoint can be inside its own queue only along a cycle through
 * a carrying edge. (Bono and Padovani call a type without one a type of finite weight.)
 */

struct weight {
    struct parser *p;
    struct graph graph;
    uint32_t *base; /* by contract: its first node */
    uint32_t *component;
};

static uint32_t node_of_state(const struct weight *w, uint32_t c, enum role side, uint32_t state)
{
    return w->base[c] + (uint32_t)side * w->p->set.contracts[c].nstates + state;
}

static uint32_t node_of_ref(const struct weight *w, const struct xref_type *t)
{
    if (t->kind == REF_BLOCK || t->kind == REF_FROZEN)
        return t->block;
    return node_of_state(w, t->contract, t->kind == REF_IMP ? ROLE_IMP : ROLE_EXP, t->state);
}

static void weight_block(struct weight *w, uint32_t b)
{
    const struct block_type *t = &w->p->set.blocks[b];
    for (uint32_t f = 0; f < t->nfields; f++)
        if (t->fields[f].ref.kind != REF_NONE)
            graph_edge(&w->graph, b, node_of_ref(w, &t->fields[f].ref));
}

/* Calls `each` for every message that a side can receive in a state. */
static void weight_contract(struct weight *w, uint32_t c,
                            void (*each)(struct weight *w, uint32_t c, enum role side,
                                         uint32_t state, const struct transition *t))
{
    const struct contract *con = &w->p->set.contracts[c];
    for (uint32_t s = 0; s < con->nstates; s++) {
        enum role side = direction_sender(con->states[s].dir) == ROLE_IMP ? ROLE_EXP : ROLE_IMP;
        for (uint32_t k = 0; k < con->states[s].ntransitions && parser_ok(w->p); k++)
            each(w, c, side, s, &con->states[s].transitions[k]);
    }
}

static void weight_edges(struct weight *w, uint32_t c, enum role side, uint32_t state,
                         const struct transition *t)
{
    uint32_t from = node_of_state(w, c, side, state);
    const struct message *m = &w->p->set.contracts[c].messages[t->message];
    if (t->next != STATE_END)
        graph_edge(&w->graph, from, node_of_state(w, c, side, t->next));
    if (m->ref.kind != REF_NONE)
        graph_edge(&w->graph, from, node_of_ref(w, &m->ref));
}

static void weight_check(struct weight *w, uint32_t c, enum role side, uint32_t state,
                         const struct transition *t)
{
    const struct contract *con = &w->p->set.contracts[c];
    const struct message *m = &con->messages[t->message];
    if (m->ref.kind == REF_NONE ||
        w->component[node_of_state(w, c, side, state)] != w->component[node_of_ref(w, &m->ref)])
        return;
    uint32_t line = m->line, column = m->column;
    for (uint32_t i = 0; i < w->p->refs.n; i++) {
        const struct ref_use *u = &w->p->refs.at[i];
        if (u->place == IN_CONTRACT && !u->repeated && u->decl == c && u->item == t->message) {
            line = u->line;
            column = u->column;
        }
    }
    struct strbuf type = {0};
    xref_type_print(&w->p->set, &m->ref, &type);
    struct diag *d = lexer_fail(&w->p->lex, CON_SELF_QUEUE, line, column, "message `%s` of `%s`",
                                m->name, con->name);
    diag_want(d, "messages that cannot carry the endpoint in whose queue they wait");
    diag_found(d, "`%s %s:%s` can receive `%s`, which leads back to it",
               side == ROLE_IMP ? "imp" : "exp", con->name, con->states[state].name,
               strbuf_text(&type));
    strbuf_clear(&type);
}

static void check_weight(struct parser *p)
{
    const struct contract_set *s = &p->set;
    struct weight w = {.p = p};
    uint32_t nodes = s->nblocks, edges = 0;
    w.base = PARSER_ARRAY(p, &p->scratch, s->ncontracts, uint32_t);
    for (uint32_t b = 0; b < s->nblocks; b++)
        edges += s->blocks[b].nchildren;
    for (uint32_t c = 0; w.base && c < s->ncontracts; c++) {
        w.base[c] = nodes;
        nodes += 2 * s->contracts[c].nstates;
        for (uint32_t i = 0; i < s->contracts[c].nstates; i++)
            edges += 2 * s->contracts[c].states[i].ntransitions;
    }
    w.component = PARSER_ARRAY(p, &p->scratch, nodes, uint32_t);
    if (!parser_ok(p))
        return;
    if (!graph_init(&w.graph, &p->scratch, nodes, edges)) {
        no_memory(p);
        return;
    }
    for (uint32_t b = 0; b < s->nblocks; b++)
        weight_block(&w, b);
    for (uint32_t c = 0; c < s->ncontracts; c++)
        weight_contract(&w, c, weight_edges);
    if (!graph_components(&w.graph, &p->scratch, w.component)) {
        no_memory(p);
        return;
    }
    for (uint32_t c = 0; c < s->ncontracts && parser_ok(p); c++)
        weight_contract(&w, c, weight_check);
}

void protocol_check(struct parser *p)
{
    for (uint32_t i = 0; i < p->set.ncontracts && parser_ok(p); i++) {
        struct contract *c = &p->set.contracts[i];
        check_states(p, c);
        if (parser_ok(p))
            check_reachable(p, c);
        if (parser_ok(p))
            check_end(p, c);
        if (parser_ok(p))
            check_bounds(p, c);
    }
    if (parser_ok(p))
        check_weight(p);
}
