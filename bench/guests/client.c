/* The side of `singula bench channel` that begins and holds the clock. */
#include "bench/guests/bench_guest.h"

static Data ask(const struct plan *p, Rally_imp ep, Data d)
{
    if (!p->apart)
        return Rally_imp_call_Ping_Pong(ep, d);
    Rally_imp_send_Ping(ep, d);
    return Rally_imp_recv_Pong(ep);
}

static void rally(const struct plan *p)
{
    Rally_imp ep = Rally_imp_connect(rally_name, sizeof rally_name - 1);
    if (singula_is_null(ep))
        exit(4);
    Data d = Data_new(p->size);
    for (uint32_t i = 0; i < p->warmup + p->messages; i++) {
        if (i == p->warmup)
            bench_mark();
        produce(p, d, 2 * i);
        d = ask(p, ep, d);
        consume(p, d, 2 * i + 1);
    }
    bench_mark();
    Data_free(d);
    Rally_imp_close(ep);
}

/* The pool goes round: full blocks there, empty ones back. */
static void flow(const struct plan *p)
{
    Flow_imp there = Flow_imp_connect(flow_name, sizeof flow_name - 1);
    Return_imp back = Return_imp_connect(return_name, sizeof return_name - 1);
    if (singula_is_null(there) || singula_is_null(back))
        exit(4);
    for (uint32_t i = 0; i < p->pool + p->warmup; i++) {
        Data d = i < p->pool ? Data_new(p->size) : Return_imp_recv_Empty(back);
        produce(p, d, i);
        Flow_imp_send_Full(there, d);
    }
    for (uint32_t i = 0; i < p->pool; i++)
        Data_free(Return_imp_recv_Empty(back));
    /* All is quiet: the clock runs from the first of the measured messages to the return of the
     * last. */
    for (uint32_t i = 0; i < p->pool; i++) {
        Data d = Data_new(p->size);
        Flow_imp_send_Full(there, d);
    }
    bench_mark();
    for (uint32_t i = 0; i < p->messages; i++) {
        Data d = Return_imp_recv_Empty(back);
        produce(p, d, i);
        Flow_imp_send_Full(there, d);
    }
    for (uint32_t i = 0; i < p->pool; i++)
        Data_free(Return_imp_recv_Empty(back));
    bench_mark();
    Flow_imp_close(there);
    Return_imp_abandon(back);
}

static void numbers(const struct plan *p)
{
    Numbers_imp there = Numbers_imp_connect(numbers_name, sizeof numbers_name - 1);
    if (singula_is_null(there))
        exit(4);
    uint32_t all = p->warmup + p->messages;
    for (uint32_t i = 0; i < all; i++)
        Numbers_imp_send_Number(there, i);
    Numbers_imp_close(there);
}

int main(int argc, char **argv)
{
    struct plan p = plan_read(argc, argv);
    bench_here(0);
    if (p.rally)
        rally(&p);
    else if (p.numbers)
        numbers(&p);
    else
        flow(&p);
    return 0;
}
