/* Calls one host function, args[1], with values that the caller chose; says what came of it, and
 * what its memory is like then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wild.h>

/* Imports with all bits of parameters that are narrower in the header. */
#define AS(module, name) __attribute__((import_module("singula/" module), import_name(name)))
AS("Leaf", "a.set") void leaf_set(Leaf leaf, uint32_t v);
AS("Tree", "x.set") void tree_set_x(Tree tree, uint32_t v);
AS("Tree", "bytes.set") void tree_set(Tree tree, uint32_t i, uint32_t v);
AS("Wild", "imp.send.Ask") void ask(Wild_imp end, uint32_t a, int64_t b, float c, uint32_t d);
AS("Wild", "exp.send.Answer") void answer(Wild_exp end, uint32_t v, uint32_t w);
AS("Wild", "exp.recv.Ask") void receive(Wild_exp end, uint32_t to);

static unsigned char filled[4096];

static void show(const char *what, uint64_t v)
{
    printf("%s %llx\n", what, (unsigned long long)v);
    fflush(stdout);
}

static uint64_t sum(const unsigned char *p, uint32_t n)
{
    uint64_t h = 0;
    for (uint32_t i = 0; i < n; i++)
        h = h * 31 + p[i];
    return h;
}

static void show_memory(void)
{
    show("memory", sum((const unsigned char *)1024, 60000));
}

static void elements(int what, Tree t, uint32_t a, uint32_t b, uint32_t c)
{
    switch (what) {
    case 0:
        Tree_bytes_read(t, a, (void *)b, c);
        break;
    case 1:
        Tree_bytes_write(t, a, (void *)b, c);
        break;
    case 2:
        show("i64", (uint64_t)Tree_bytes_load_i64(t, a));
        break;
    case 3:
        Tree_bytes_store_i64(t, a, (int64_t)b << 32 | c);
        break;
    case 4:
        tree_set(t, a, b);
        break;
    case 5:
        tree_set_x(t, a);
        show("x", (uint64_t)Tree_x_get(t));
        break;
    case 6:
        Tree_bytes_store_i32_8(t, a, b);
        show("i8", Tree_bytes_load_i32_8_s(t, a));
        break;
    case 7:
        Tree_bytes_store_i32_16(t, a, b);
        show("i16", Tree_bytes_load_i32_16_s(t, a));
        break;
    }
}

static void trees(int what, uint32_t a, uint32_t b, uint32_t c, uint32_t n)
{
    Tree t = Tree_new(n);
    if (what == 8) {
        Leaf l = Leaf_new(a & 7);
        leaf_set(l, b);
        show("a", Leaf_a_get(l));
        Tree_kid_put(t, l);
        if (c & 1)
            Tree_kid_put(t, Leaf_new(1));
    } else if (what == 9) {
        Tree k = Tree_alloc(a);
        show("null", (uint64_t)singula_is_null(k));
        if (!singula_is_null(k))
            show("length", Tree_bytes_len(k));
        Tree_free(k);
    } else if (what == 10) {
        Leaf l = Leaf_slot_swap(a, Leaf_new(3));
        show("was null", (uint64_t)singula_is_null(l));
        Leaf_free(l);
    } else {
        elements(what, t, a, b, c);
    }
    for (uint32_t i = 0; i < n; i += 1 + n / 64)
        show("byte", Tree_bytes_get(t, i));
    Tree_free(t);
}

static void messages(int what, uint32_t a, uint32_t b, uint32_t c)
{
    struct Wild_Ask q;
    struct Wild_Answer r;
    Wild_exp e = Wild_channel();
    if (singula_is_null(e))
        return;
    Wild_imp i = Wild_exp_peer(e);
    if (singula_is_null(i)) {
        Wild_exp_close(e);
        return;
    }
    memset(&q, 0xaa, sizeof q);
    memset(&r, 0x55, sizeof r);
    ask(i, a, (int64_t)b << 32 | c, 1.5f, b);
    if (what == 11)
        receive(e, a);
    else if (what == 12) /* near the end of the memory */
        receive(e, 65536 * __builtin_wasm_memory_size(0) - a % 40);
    else
        Wild_exp_recv_Ask(e, &q);
    answer(e, a, b);
    Wild_imp_recv_Answer(i, &r);
    show("request", sum((const unsigned char *)&q, sizeof q));
    show("answer", sum((const unsigned char *)&r, sizeof r));
    Wild_imp_close(i);
    Wild_exp_close(e);
}

static void leaves(int what, uint32_t a, uint32_t b, uint32_t c, uint32_t n)
{
    if (what == 14) {
        Leaf l = Leaf_new(n);
        Leaf_data_set(l, a, b);
        show("element", Leaf_data_get(l, c));
        Leaf_free(l);
    } else if (what == 15) {
        Leaf l = Leaf_new(n);
        Leaf_data_read(l, a, (void *)b, c);
        Leaf_data_write(l, c, (void *)b, a);
        Leaf_free(l);
    } else {
        Leaf_frozen f = Leaf_freeze(Leaf_new(n)), g = Leaf_share(f);
        show("element", Leaf_data_get(g, a));
        Leaf_data_read(g, b, (void *)c, a);
        Leaf_free(f);
        Leaf_free(Leaf_thaw(g));
    }
}

static void names(int what, uint32_t a, uint32_t b)
{
    if (what == 17) {
        Wild_imp p = Wild_imp_connect((const char *)a, b);
        show("null", (uint64_t)singula_is_null(p));
        if (!singula_is_null(p))
            Wild_imp_close(p);
    } else {
        Wild_listener l = Wild_exp_listen((const char *)a, b);
        show("null", (uint64_t)singula_is_null(l));
        if (!singula_is_null(l))
            Wild_listener_close(l);
    }
}

int main(int argc, char **args)
{
    if (argc != 6)
        return 2;
    int what = atoi(args[1]);
    uint32_t v[4];
    for (int i = 0; i < 4; i++)
        v[i] = (uint32_t)strtoul(args[2 + i], NULL, 0);
    for (uint32_t i = 0; i < sizeof filled; i++)
        filled[i] = (unsigned char)(i * 7);
    if (what < 11)
        trees(what, v[0], v[1], v[2], v[3]);
    else if (what < 14)
        messages(what, v[0], v[1], v[2]);
    else if (what < 17)
        leaves(what, v[0], v[1], v[2], v[3]);
    else
        names(what, v[0], v[1]);
    show_memory();
    return 0;
}
