/* Small directed graphs in an arena: reachability and strongly connected components, both linear
 * and without recursion. Private to contract/. */
#ifndef CONTRACT_GRAPH_H
#define CONTRACT_GRAPH_H

#include <stdbool.h>

#include "base/arena.h"

struct graph {
    uint32_t nnodes, nedges, max_edges;
    uint32_t *first; /* by node: its newest edge, plus 1; 0: none */
    struct graph_edge {
        uint32_t from, to;
        uint32_t next; /* of the same node, plus 1 */
    } * edges;
};

/* False when the arena is exhausted. */
bool graph_init(struct graph *g, struct arena *a, uint32_t nnodes, uint32_t max_edges);
void graph_edge(struct graph *g, uint32_t from, uint32_t to);
/* Extends seen[] along the edges. */
bool graph_reach(const struct graph *g, struct arena *a, bool *seen);
/* component[] gets a number for each node: equal for nodes on a common cycle; an edge between
 * components leads from the higher to the lower number. */
bool graph_components(const struct graph *g, struct arena *a, uint32_t *component);

#endif
