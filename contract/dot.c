/* A contract as a state diagram in the DOT language: boxes are states, a double circle is the end,
 * edges are messages as the exp side sees them; colours say who sends. */
#include <stdio.h>

#include "contract/contract.h"

#define CLIENT_COLOUR "#1f5fa8" /* in: from imp to exp */
#define SERVER_COLOUR "#b04a00" /* out: from exp to imp */

static void print_node(const struct contract *c, const char *name, struct strbuf *out)
{
    strbuf_printf(out, "\"%s.%s\"", c->name, name);
}

static void print_edge(const struct contract *c, const struct state *from, const char *to,
                       const char *attributes, struct strbuf *out)
{
    strbuf_puts(out, "        ");
    print_node(c, from->name, out);
    strbuf_puts(out, " -> ");
    print_node(c, to, out);
    strbuf_printf(out, " [%s];\n", attributes);
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
        strbuf_puts(out, " [label=\"\", shape=circle, width=0.15];\n");
    else
        strbuf_printf(out, " [label=\"%s\"];\n", s->name);
    for (uint32_t k = 0; k < s->ntransitions; k++) {
        const struct transition *t = &s->transitions[k];
        const struct message *m = &c->messages[t->message];
        bool in = m->dir == DIR_IN;
        const char *colour = in ? CLIENT_COLOUR : SERVER_COLOUR;
        char attributes[300];
        snprintf(attributes, sizeof attributes,
                 "label=\"%s%c\", color=\"%s\", fontcolor=\"%s\", tooltip=\"%s sends %s\"", m->name,
                 in ? '?' : '!', colour, colour, in ? "imp" : "exp", m->name);
        print_edge(c, s, t->next == STATE_END ? "end" : c->states[t->next].name, attributes, out);
    }
    if (s->may_end)
        print_edge(c, s, "end", "label=\"close\", style=dashed, tooltip=\"either end may close\"",
                   out);
}

/* An arrow from nowhere to the first state; no state has a space in its name. */
static void print_start(const struct contract *c, struct strbuf *out)
{
    strbuf_puts(out, "        ");
    print_node(c, " start", out);
    strbuf_puts(out, " [label=\"start\", shape=plaintext, style=\"\"];\n        ");
    print_node(c, " start", out);
    strbuf_puts(out, " -> ");
    print_node(c, c->states[0].name, out);
    strbuf_puts(out, " [tooltip=\"a new channel\"];\n");
}

void contract_graph(const struct contract_set *set, struct strbuf *out)
{
    strbuf_puts(out, "digraph contracts {\n"
                     "    rankdir=LR;\n"
                     "    fontname=\"sans-serif\";\n"
                     "    fontsize=11;\n"
                     "    labelloc=b;\n"
                     "    label=\"M? the client (imp) sends M     M! the server (exp) sends M     "
                     "dashed: either may close\";\n"
                     "    node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
                     "    edge [fontname=\"sans-serif\", fontsize=12];\n");
    for (uint32_t i = 0; i < set->ncontracts; i++) {
        const struct contract *c = &set->contracts[i];
        strbuf_printf(out,
                      "    subgraph \"cluster_%s\" {\n"
                      "        label=\"%s\";\n        fontsize=16;\n        labelloc=t;\n",
                      c->name, c->name);
        print_start(c, out);
        if (ends(c)) {
            strbuf_puts(out, "        ");
            print_node(c, "end", out);
            strbuf_puts(out, " [label=\"end\", shape=doublecircle, style=\"\"];\n");
        }
        for (uint32_t k = 0; k < c->nstates; k++)
            print_state(c, &c->states[k], out);
        strbuf_puts(out, "    }\n");
    }
    strbuf_puts(out, "}\n");
}
