/* A SIP of the swarm: swarm server INDEX | swarm client SERVERS SERIAL (swarm_test.c).
 *
 * A server keeps one ball and gives it to the next client for the client's; so balls wander from
 * client to client by way of many servers. A client connects to a server by chance, swaps a few
 * times, and goes on to another one. Whoever gets a ball looks at its checksum, asks the host
 * whether it is the ball's turn (swarm.note), and writes a new one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "swarm.h"

#define HOST(name) __attribute__((import_module("swarm"), import_name(name)))
/* The number of a new ball. */
HOST("born") unsigned long long host_born(void);
/* The ball of that number has come here after so many hops; ends the SIP if it should not have. */
HOST("note") void host_note(unsigned long long number, unsigned long long hops);
/* So many swaps are done; are more wanted? */
HOST("swapped") int host_swapped(int n);

enum { BYTES = 40 };

static unsigned long long chance;

static unsigned pick(unsigned n)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (unsigned)(chance >> 33) % n;
}

static unsigned long long sum_of(unsigned long long number, unsigned long long hops)
{
    unsigned long long x = (number * 0x9e3779b97f4a7c15u) ^ (hops + 0x94d049bb133111ebu);
    return (x ^ x >> 29) * 0xbf58476d1ce4e5b9u;
}

static void mark(Ball ball, unsigned long long number, unsigned long long hops)
{
    Ball_hops_set(ball, hops);
    Ball_sum_set(ball, sum_of(number, hops));
    Ball_bytes_set(ball, (unsigned)hops % BYTES, (unsigned char)(number + hops));
}

static Ball ball_new(void)
{
    Ball ball = Ball_new(BYTES);
    unsigned long long number = host_born();
    Ball_number_set(ball, number);
    mark(ball, number, 0);
    return ball;
}

/* It has come here. */
static void ball_check(Ball ball)
{
    unsigned long long number = Ball_number_get(ball), hops = Ball_hops_get(ball);
    if (Ball_sum_get(ball) != sum_of(number, hops) ||
        Ball_bytes_get(ball, (unsigned)hops % BYTES) != (unsigned char)(number + hops))
        __builtin_trap();
    host_note(number, hops);
    mark(ball, number, hops + 1);
}

/* One client until it is gone; the ball that is kept then. */
static Ball serve(Swap_exp ep, Ball kept)
{
    while (Swap_exp_next(ep) == SWAP_TAG_Give) {
        struct Swap_Give given;
        Ball ball = Swap_exp_recv_Give(ep, &given);
        ball_check(ball);
        Swap_exp_send_Take(ep, given.turn, kept);
        kept = ball;
    }
    Swap_exp_close(ep);
    return kept;
}

static int server(const char *index)
{
    char name[16];
    snprintf(name, sizeof name, "s%s", index);
    Swap_listener listener = Swap_exp_listen(name, strlen(name));
    if (singula_is_null(listener))
        return 2;
    Ball kept = ball_new();
    for (;;) {
        Swap_exp ep = Swap_listener_accept(listener);
        if (singula_is_null(ep))
            break;
        kept = serve(ep, kept);
    }
    Ball_free(kept);
    Swap_listener_close(listener);
    return 0;
}

/* Some swaps with one server, who may go at any time; the ball that it leaves behind. */
static Ball visit(Swap_imp ep, Ball ball, int swaps, int *done)
{
    for (int i = 0; i < swaps; i++) {
        struct Swap_Take taken;
        Swap_imp_send_Give(ep, (unsigned)i, ball);
        if (Swap_imp_next(ep) != SWAP_TAG_Take) {
            Swap_imp_abandon(ep);
            return ball_new();
        }
        ball = Swap_imp_recv_Take(ep, &taken);
        if (taken.turn != (unsigned)i)
            __builtin_trap();
        ball_check(ball);
        ++*done;
    }
    Swap_imp_close(ep);
    return ball;
}

static int client(unsigned servers)
{
    Ball ball = ball_new();
    int done = 0;
    while (host_swapped(done)) {
        char name[16];
        done = 0;
        snprintf(name, sizeof name, "s%u", pick(servers));
        Swap_imp ep = Swap_imp_connect(name, strlen(name));
        if (!singula_is_null(ep))
            ball = visit(ep, ball, 1 + (int)pick(200), &done);
    }
    Ball_free(ball);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "server") == 0)
        return server(argv[2]);
    if (argc != 4)
        return 2;
    chance = strtoull(argv[3], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
    return client((unsigned)atoi(argv[2]));
}
