/* The inside of a connection: transport.c and native.c. */
#ifndef BENCH_TRANSPORT_H
#define BENCH_TRANSPORT_H

#include <mqueue.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

/* A ring of slots in shared memory: one writer, one reader. */
struct ring {
    _Alignas(128) _Atomic uint64_t head; /* messages taken */
    _Alignas(128) _Atomic uint64_t tail; /* messages put */
    _Alignas(128) uint32_t nslots;       /* a power of two */
    uint32_t slot_bytes;
    unsigned char data[] __attribute__((aligned(4096)));
};

struct link {
    int in[2], out[2]; /* descriptors by side */
    mqd_t queue[2];    /* queue[side] is what that side reads */
    uint32_t chunk;    /* largest message of a queue */
    char *piece;       /* room for one */
    struct ring *ring[2];
    size_t ring_bytes;
    pid_t peer; /* the other process, for those who poll; set after the fork */
};

#endif
