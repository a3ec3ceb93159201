/* The other side of the cells: asks each that comes, checks the answer, and keeps the channel. */
#include "cell.h"

static const char name[] = "cells";

__attribute__((export_name("_start"))) void hub_main(void)
{
    Cell_listener l = Cell_exp_listen(name, sizeof name - 1);
    if (singula_is_null(l))
        __builtin_trap();
    for (uint32_t x = 0;; x++) {
        struct Cell_Answer answer;
        Cell_exp ep = Cell_listener_accept(l);
        if (singula_is_null(ep))
            break;
        Cell_exp_call_Ask_Answer(ep, x, &answer);
        if (answer.x != 3 * x + 1)
            __builtin_trap();
        ep = Cell_slot_exp_Idle_swap(x, ep);
        if (!singula_is_null(ep))
            Cell_exp_abandon(ep);
    }
    Cell_listener_close(l);
}
