/* The guest of `singula bench call`: each export does its operation n times. */
#include "bench/call_work.h"
#include "call.h" /* made from call.contract */

#define EXPORT(name) __attribute__((export_name(name)))

__attribute__((import_module("bench"), import_name("nothing"))) void nothing(void);

EXPORT("host") uint32_t host(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        nothing();
    return n;
}

EXPORT("direct") uint32_t direct(uint32_t n)
{
    return call_direct(n);
}

EXPORT("indirect") uint32_t indirect(uint32_t n)
{
    return call_indirect(n);
}

/* Alone, each value leads to the next place. */
EXPORT("get") uint32_t get(uint32_t n)
{
    Cells c = Cells_new(CALL_ELEMENTS);
    uint32_t at = 0;
    for (uint32_t i = 0; i < CALL_ELEMENTS; i++)
        Cells_x_set(c, i, (i * 5 + 1) % CALL_ELEMENTS);
    for (uint32_t i = 0; i < n; i++)
        at = Cells_x_get(c, at);
    Cells_free(c);
    return at;
}

EXPORT("sum") uint32_t sum(uint32_t n)
{
    Cells c = Cells_new(CALL_ELEMENTS);
    uint32_t all = 0;
    for (uint32_t k = 0; k < n; k += CALL_ELEMENTS) {
        Cells_x_set(c, 0, k); /* or the sum would be the same each time */
        for (uint32_t i = 0; i < CALL_ELEMENTS; i++)
            all += Cells_x_get(c, i);
    }
    Cells_free(c);
    return all;
}

EXPORT("fill") uint32_t fill(uint32_t n)
{
    Cells c = Cells_new(CALL_ELEMENTS);
    for (uint32_t k = 0; k < n; k += CALL_ELEMENTS)
        for (uint32_t i = 0; i < CALL_ELEMENTS; i++)
            Cells_x_set(c, i, k + i);
    uint32_t last = Cells_x_get(c, CALL_ELEMENTS - 1);
    Cells_free(c);
    return last;
}

EXPORT("message") uint32_t message(uint32_t n)
{
    struct Loop_Item item = {0};
    Loop_exp there = Loop_channel();
    if (singula_is_null(there))
        __builtin_trap();
    Loop_imp here = Loop_exp_peer(there);
    if (singula_is_null(here))
        __builtin_trap();
    Cells c = Cells_new(1);
    for (uint32_t i = 0; i < n; i++) {
        Loop_imp_send_Item(here, i, c);
        c = Loop_exp_recv_Item(there, &item);
    }
    Cells_free(c);
    Loop_imp_close(here);
    Loop_exp_close(there);
    return (uint32_t)item.n;
}

EXPORT("allocate") uint32_t allocate(uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        Cells c = Cells_new(16);
        Cells_x_set(c, 1, i);
        Cells_free(c);
    }
    return n;
}
