/* A contract as a state diagram in the DOT language: circles are states, a double circle is the
 * end, edges are messages as the exp side sees them. */
#include <stdio.h>

#include "contract/contract.h"

static void print_node(const struct contract *c, const char *name, struct strbuf *out)
{
    strbuf_printf(out, "\"%s.%s\"", c->name, name);
}

static void print_edge(const struct contract *c, const struct state *from, const char *to,
                       const char *label, const char *style, struct strbuf *out)
{
    strbuf_puts(out, "        ");
    print_node(c, from->name, out);
    strbuf_puts(out, " -> ");
    print_node(c, to, out);
    strbuf_printf(out, " [label=\"%s\"%s];\n", label, style);
}

static bool ends(const struct contract *c)
{
    for (uint32_t i = 0; i < c->nstates; i++) {
        const struct state *s = &c->states[i];
        if (s->may_end)
            return true;
        for (uint32_t k = 0; k < s->ntransitions; k++)
            if (s->transitions[k].next == STATE_END)
                return true;
    }
    return false;
}

static void print_state(const struct contract *c, const struct state *s, struct strbuf *out)
{
    strbuf_puts(out, "        ");
    print_node(c, s->name, out);
    if (s->anonymous)
        strbuf_puts(out, " [shape=point];\n");
    else
        strbuf_printf(out, " [label=\"%s\"];\n", s->name);
    for (uint32_t k = 0; k < s->ntransitions; k++) {
        const struct transition *t = &s->transitions[k];
        const struct message *m = &c->messages[t->message];
        char label[160];
        snprintf(label, sizeof label, "%s%c", m->name, m->dir == DIR_IN ? '?' : '!');
        print_edge(c, s, t->next == STATE_END ? "end" : c->states[t->next].name, label, "", out);
    }
    if (s->may_end)
        print_edge(c, s, "end", "", ", style=dashed", out);
}

void contract_graph(const struct contract_set *set, struct strbuf *out)
{
    strbuf_puts(out, "digraph contracts {\n    rankdir=LR;\n    node [shape=circle];\n");
    for (uint32_t i = 0; i < set->ncontracts; i++) {
        const struct contract *c = &set->contracts[i];
        strbuf_printf(out, "    subgraph \"cluster_%s\" {\n        label=\"%s\";\n        ",
                      c->name, c->name);
        print_node(c, " start", out); /* no state has a space in its name */
        strbuf_puts(out, " [shape=point, style=invis];\n        ");
        print_node(c, " start", out);
        strbuf_puts(out, " -> ");
        print_node(c, c->states[0].name, out);
        strbuf_puts(out, ";\n");
        if (ends(c)) {
            strbuf_puts(out, "        ");
            print_node(c, "end", out);
            strbuf_puts(out, " [label=\"end\", shape=doublecircle];\n");
        }
        for (uint32_t k = 0; k < c->nstates; k++)
            print_state(c, &c->states[k], out);
        strbuf_puts(out, "    }\n");
    }
    strbuf_puts(out, "}\n");
}
