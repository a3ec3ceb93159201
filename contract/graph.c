#include "contract/graph.h"

bool graph_init(struct graph *g, struct arena *a, uint32_t nnodes, uint32_t max_edges)
{
    *g = (struct graph){.nnodes = nnodes, .max_edges = max_edges};
    g->first = ARENA_ARRAY(a, nnodes, uint32_t);
    g->edges = ARENA_ARRAY(a, max_edges, struct graph_edge);
    return g->first && g->edges;
}

void graph_edge(struct graph *g, uint32_t from, uint32_t to)
{
    check(g->nedges < g->max_edges && from < g->nnodes && to < g->nnodes);
    g->edges[g->nedges] = (struct graph_edge){from, to, g->first[from]};
    g->first[from] = ++g->nedges;
}

bool graph_reach(const struct graph *g, struct arena *a, bool *seen)
{
    uint32_t *stack = ARENA_ARRAY(a, g->nnodes, uint32_t), n = 0;
    if (!stack)
        return false;
    for (uint32_t v = 0; v < g->nnodes; v++)
        if (seen[v])
            stack[n++] = v;
    while (n) {
        uint32_t v = stack[--n];
        for (uint32_t e = g->first[v]; e; e = g->edges[e - 1].next) {
            uint32_t to = g->edges[e - 1].to;
            if (!seen[to]) {
                seen[to] = true;
                stack[n++] = to; /* each node is pushed once */
            }
        }
    }
    return true;
}

/* Tarjan's algorithm with an explicit stack of calls. */
struct visit {
    uint32_t order; /* of the first visit, from 1; 0: not yet visited */
    uint32_t low;   /* least order known to be reachable within the component */
    uint32_t edge;  /* next edge to follow, plus 1 */
    bool open;      /* its component is not complete */
};

bool graph_components(const struct graph *g, struct arena *a, uint32_t *component)
{
    struct visit *visits = ARENA_ARRAY(a, g->nnodes, struct visit);
    uint32_t *calls = ARENA_ARRAY(a, g->nnodes, uint32_t);
    uint32_t *open = ARENA_ARRAY(a, g->nnodes, uint32_t);
    uint32_t ncalls = 0, nopen = 0, order = 0, ncomponents = 0;
    if (!visits || !calls || !open)
        return false;
    for (uint32_t root = 0; root < g->nnodes; root++) {
        if (visits[root].order)
            continue;
        calls[ncalls++] = root;
        while (ncalls) {
            uint32_t v = calls[ncalls - 1];
            struct visit *at = &visits[v];
            if (!at->order) {
                at->order = at->low = ++order;
                at->edge = g->first[v];
                at->open = true;
                open[nopen++] = v;
            }
            if (at->edge) {
                uint32_t to = g->edges[at->edge - 1].to;
                if (!visits[to].order) {
                    calls[ncalls++] = to; /* the edge is looked at again afterwards */
                    continue;
                }
                if (visits[to].open && visits[to].low < at->low)
                    at->low = visits[to].low;
                at->edge = g->edges[at->edge - 1].next;
                continue;
            }
            ncalls--;
            if (at->low != at->order)
                continue;
            for (uint32_t w = UINT32_MAX; w != v;) {
                w = open[--nopen];
                visits[w].open = false;
                component[w] = ncomponents;
            }
            ncomponents++;
        }
    }
    return true;
}
