/* A ring of SIPs that pass a parcel on. They are spawned one after the other and each connects to
 * the one before, which has published one of two names in turn; the last one also to the first.
 * Without a C library: what a hop costs is what a SIP costs. */
#include <stdbool.h>

#include "ring.h" /* made from ring.contract */

#define EXPORT(name) __attribute__((export_name(name)))

static const char names[2][4] = {"even", "odd "}, end_name[4] = "last";

/* A macro: what a function is told is no test of a reference to the verifier at -O0. */
#define must(right)                                                                                \
    do {                                                                                           \
        if (!(right))                                                                              \
            __builtin_trap();                                                                      \
    } while (0)

static Parcel stamp(Parcel p)
{
    Parcel_hops_set(p, Parcel_hops_get(p) + 1);
    return p;
}

/* Waits for the next SIP of the ring. */
static Hop_exp successor(int name)
{
    Hop_listener l = Hop_exp_listen(names[name], sizeof names[name]);
    must(!singula_is_null(l));
    Hop_exp out = Hop_listener_accept(l);
    Hop_listener_close(l);
    must(!singula_is_null(out));
    return out;
}

EXPORT("first") void first(void)
{
    Back_listener l = Back_exp_listen(end_name, sizeof end_name);
    must(!singula_is_null(l));
    Hop_exp out = successor(0);
    Back_exp in = Back_listener_accept(l);
    Back_listener_close(l);
    must(!singula_is_null(in));
    while (Back_exp_next(in) == BACK_TAG_Pass)
        Hop_exp_send_Pass(out, stamp(Back_exp_recv_Pass(in)));
    Hop_exp_close(out);
    Back_exp_close(in);
}

static void between(int from, int to)
{
    Hop_imp in = Hop_imp_connect(names[from], sizeof names[from]);
    must(!singula_is_null(in));
    Hop_exp out = successor(to);
    while (Hop_imp_next(in) == HOP_TAG_Pass)
        Hop_exp_send_Pass(out, stamp(Hop_imp_recv_Pass(in)));
    Hop_exp_close(out);
    Hop_imp_close(in);
}

EXPORT("odd") void odd(void)
{
    between(0, 1);
}

EXPORT("even") void even(void)
{
    between(1, 0);
}

/* Into the slots; nothing is in them. */
static void keep(Hop_imp in, Back_imp out, Parcel p)
{
    Hop_imp old_in = Hop_slot_imp_Open_swap(0, in);
    if (!singula_is_null(old_in))
        Hop_imp_abandon(old_in);
    Back_imp old_out = Back_slot_imp_Open_swap(0, out);
    if (!singula_is_null(old_out))
        Back_imp_abandon(old_out);
    Parcel_free(Parcel_slot_swap(0, p));
}

/* The last one: resident, so that it can be told to send the parcel round. */
EXPORT("last") void last(void)
{
    Hop_imp in = Hop_imp_connect(names[0], sizeof names[0]);
    if (singula_is_null(in))
        in = Hop_imp_connect(names[1], sizeof names[1]);
    must(!singula_is_null(in));
    Back_imp out = Back_imp_connect(end_name, sizeof end_name);
    must(!singula_is_null(out));
    keep(in, out, Parcel_new(64));
}

/* How often the parcel was passed on, in so many rounds. */
EXPORT("laps") uint64_t laps(uint32_t n)
{
    Hop_imp in = Hop_slot_imp_Open_swap(0, singula_null());
    Back_imp out = Back_slot_imp_Open_swap(0, singula_null());
    Parcel p = Parcel_slot_swap(0, singula_null());
    must(!singula_is_null(in));
    must(!singula_is_null(out));
    must(!singula_is_null(p));
    uint64_t before = Parcel_hops_get(p);
    for (uint32_t i = 0; i < n; i++) {
        Back_imp_send_Pass(out, stamp(p));
        p = Hop_imp_recv_Pass(in);
    }
    uint64_t hops = Parcel_hops_get(p) - before;
    keep(in, out, p);
    return hops;
}
