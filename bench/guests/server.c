/* The side of `singula bench channel` that answers. */
#include "bench/guests/bench_guest.h"

static Data answer(const struct plan *p, Rally_exp ep, Data d)
{
    if (!p->apart)
        return Rally_exp_call_Pong_Ping(ep, d);
    Rally_exp_send_Pong(ep, d);
    return Rally_exp_recv_Ping(ep);
}

static void rally(const struct plan *p)
{
    Rally_listener l = Rally_exp_listen(rally_name, sizeof rally_name - 1);
    if (singula_is_null(l))
        exit(4);
    Rally_exp ep = Rally_listener_accept(l);
    Rally_listener_close(l);
    if (singula_is_null(ep))
        exit(4);
    uint32_t all = p->warmup + p->messages;
    Data d = Rally_exp_recv_Ping(ep);
    for (uint32_t i = 0;; i++) {
        consume(p, d, 2 * i);
        produce(p, d, 2 * i + 1);
        if (i + 1 == all)
            break;
        d = answer(p, ep, d);
    }
    Rally_exp_send_Pong(ep, d);
    Rally_exp_close(ep);
}

static void flow(const struct plan *p)
{
    Flow_listener lf = Flow_exp_listen(flow_name, sizeof flow_name - 1);
    Return_listener lr = Return_exp_listen(return_name, sizeof return_name - 1);
    if (singula_is_null(lf) || singula_is_null(lr))
        exit(4);
    Flow_exp in = Flow_listener_accept(lf);
    Return_exp back = Return_listener_accept(lr);
    Flow_listener_close(lf);
    Return_listener_close(lr);
    if (singula_is_null(in) || singula_is_null(back))
        exit(4);
    /* Warm-up, then the pool's blocks with nothing in them, then what is measured. */
    uint32_t warm = p->pool + p->warmup, all = warm + p->pool + p->messages;
    for (uint32_t i = 0; i < all; i++) {
        Data d = Flow_exp_recv_Full(in);
        if (i < warm)
            consume(p, d, i);
        else if (i >= warm + p->pool)
            consume(p, d, i - warm - p->pool);
        Return_exp_send_Empty(back, d);
    }
    Flow_exp_close(in);
    Return_exp_close(back);
}

/* The clock runs from one receipt to another. */
static void numbers(const struct plan *p)
{
    Numbers_listener l = Numbers_exp_listen(numbers_name, sizeof numbers_name - 1);
    if (singula_is_null(l))
        exit(4);
    Numbers_exp in = Numbers_listener_accept(l);
    Numbers_listener_close(l);
    if (singula_is_null(in))
        exit(4);
    uint32_t all = p->warmup + p->messages;
    for (uint32_t i = 0; i < all; i++) {
        struct Numbers_Number m;
        if (i == p->warmup)
            bench_mark();
        Numbers_exp_recv_Number(in, &m);
        if (m.n != i)
            __builtin_trap();
    }
    bench_mark();
    Numbers_exp_close(in);
}

int main(int argc, char **argv)
{
    struct plan p = plan_read(argc, argv);
    bench_here(1);
    if (p.rally)
        rally(&p);
    else if (p.numbers)
        numbers(&p);
    else
        flow(&p);
    return 0;
}
