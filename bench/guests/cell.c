/* The small guest of `singula bench sips`: answers one question after the other, until nobody asks
 * any more. Without a C library: what it costs is what a SIP costs. */
#include "cell.h"

static const char name[] = "cells";

__attribute__((export_name("_start"))) void cell_main(void)
{
    Cell_imp ep = Cell_imp_connect(name, sizeof name - 1);
    if (singula_is_null(ep))
        __builtin_trap();
    while (Cell_imp_next(ep) == CELL_TAG_Ask) {
        struct Cell_Ask ask;
        Cell_imp_recv_Ask(ep, &ask);
        Cell_imp_send_Answer(ep, 3 * ask.x + 1);
    }
    Cell_imp_close(ep);
}

/* Spawned only to end. */
__attribute__((export_name("nothing"))) void nothing(void)
{
}
