/* Trees of expressions whose nodes have methods, as an object-oriented program would have them. */
#include "bench/kernels/kernels.h"

enum { NODES = 4096 };

struct node;
struct class
{
    int64_t (*eval)(const struct node *, int64_t x);
    uint32_t (*depth)(const struct node *);
    void (*change)(struct node *, uint32_t by);
};
struct node {
    const struct class *is;
    struct node *left, *right;
    int64_t value;
};

static struct node nodes[NODES];

static uint32_t leaf_depth(const struct node *n)
{
    (void)n;
    return 1;
}

static uint32_t deeper(const struct node *n)
{
    uint32_t l = n->left->is->depth(n->left), r = n->right->is->depth(n->right);
    return 1 + (l > r ? l : r);
}

static void leaf_change(struct node *n, uint32_t by)
{
    n->value = n->value * 3 + by;
}

static void inner_change(struct node *n, uint32_t by)
{
    struct node *to = by & 1 ? n->left : n->right;
    to->is->change(to, by >> 1 | by << 31);
}

static int64_t number(const struct node *n, int64_t x)
{
    (void)x;
    return n->value;
}

static int64_t variable(const struct node *n, int64_t x)
{
    return x + n->value;
}

#define INNER(name, expr)                                                                          \
    static int64_t name(const struct node *n, int64_t x)                                           \
    {                                                                                              \
        int64_t l = n->left->is->eval(n->left, x), r = n->right->is->eval(n->right, x);            \
        return (int64_t)(expr);                                                                    \
    }
INNER(add, (uint64_t)l + (uint64_t)r)
INNER(subtract, (uint64_t)l - (uint64_t)r)
INNER(either, l ^ r >> 3)
INNER(choose, l < r ? l + 1 : r)

static const struct class classes[] = {
    {number, leaf_depth, leaf_change}, {variable, leaf_depth, leaf_change},
    {add, deeper, inner_change},       {subtract, deeper, inner_change},
    {either, deeper, inner_change},    {choose, deeper, inner_change},
};

/* The first half are inner nodes: children of node i are 2i + 1 and 2i + 2. */
static void plant(void)
{
    uint32_t state = 17;
    for (uint32_t i = 0; i < NODES; i++) {
        uint32_t r = next_random(&state);
        bool inner = 2 * i + 2 < NODES;
        nodes[i] = (struct node){.is = &classes[inner ? 2 + r % 4 : r % 2],
                                 .left = inner ? &nodes[2 * i + 1] : 0,
                                 .right = inner ? &nodes[2 * i + 2] : 0,
                                 .value = r % 1000};
    }
}

uint64_t kernel_tree(uint32_t n)
{
    uint64_t h = 0;
    plant();
    for (uint32_t r = 0; r < n; r++) {
        h = mix(h, (uint64_t)nodes[0].is->eval(&nodes[0], r));
        if (r % 8 == 0)
            h = mix(h, nodes[0].is->depth(&nodes[0]));
        nodes[0].is->change(&nodes[0], r * 2654435761u);
    }
    return h;
}
