/* An endpoint between two workers (channels/endpoint.h): a ring with one producer and one consumer,
 * either of which can wait for the other; closing.
 *
 * Holds: the consumer receives 1 to MESSAGES in order, each once, and after them sees that the
 * producer has closed; the producer never overwrites what is not received; nobody sleeps for ever,
 * as that would be an end state in which not everything has ended.
 *
 * The waiter is cleared by a plain store before it is woken. That store can erase a newer
 * registration, as the other side can find the message by itself and register anew meanwhile; but
 * then the wake-up follows, and it looks again.
 *
 * What several workers need beyond acquire and release is what the mutants lack:
 *   LAZY_CONSUMER    no fence between registering as the waiter and looking again
 *   LAZY_PRODUCER    no fence between publishing and looking for a waiter
 *   NO_SECOND_LOOK   the consumer sleeps without looking again
 *   CLEARED_LATE     the waiter is woken and then cleared: by then it can have registered anew
 *   CLOSED_LAST      `closed` is read after the queue: the last messages are missed
 *   LOST_WOKEN       waking somebody who does not sleep yet is not remembered
 */
#ifndef MESSAGES
#define MESSAGES 3
#endif
#define BOUND 2

#define PROCESSORS 2
#define BUFFERED   3
#define LOCATIONS  7
#include "store_buffer.pml"

/* Locations; waiters are one per side. */
#define HEAD   0
#define TAIL   1
#define CLOSED 2
#define WAITER 3
#define SLOT   5

#define PRODUCER 0
#define CONSUMER 1

mtype = { RUNNING, WOKEN, BLOCKED };
mtype state[2] = RUNNING;

/* sched_wake() */
inline wake(who)
{
    d_step {
        FENCE((1 - who));
        if
        :: state[who] == BLOCKED -> state[who] = RUNNING
#ifndef LOST_WOKEN
        :: state[who] == RUNNING -> state[who] = WOKEN
#endif
        :: else
        fi
    }
}

/* What is published is seen by the other side before it sleeps, or it is woken. */
inline wake_waiter(me)
{
#ifndef LAZY_PRODUCER
    FENCE(me);
#endif
    if
    :: mem[WAITER + (1 - me)] ->
#ifndef CLEARED_LATE
        STORE(me, WAITER + (1 - me), 0);
        wake((1 - me))
#else
        wake((1 - me));
        STORE(me, WAITER + (1 - me), 0)
#endif
    :: else
    fi
}

inline register_waiter(me)
{
    STORE(me, WAITER + me, 1);
#ifndef LAZY_CONSUMER
    FENCE(me)
#endif
}

/* The run loop: RUN_BLOCK. */
inline block(me)
{
    d_step {
        FENCE(me);
        if
        :: state[me] == WOKEN -> state[me] = RUNNING
        :: else -> state[me] = BLOCKED
        fi
    }
    state[me] != BLOCKED
}

active proctype Producer()
{
    byte tail = 0, i = 1;
    do
    :: i > MESSAGES -> break
    :: else ->
        if
        :: tail - mem[HEAD] == BOUND ->
            register_waiter(PRODUCER);
            if
            :: tail - mem[HEAD] == BOUND -> block(PRODUCER)
            :: else
            fi;
            STORE(PRODUCER, WAITER + PRODUCER, 0)
        :: else ->
            STORE(PRODUCER, SLOT + tail % BOUND, i);
            tail++;
            STORE(PRODUCER, TAIL, tail);
            wake_waiter(PRODUCER);
            i++
        fi
    od;
    STORE(PRODUCER, CLOSED, 1);
    wake_waiter(PRODUCER)
}

/* Whether something is there: found; or never will be: gone. */
inline look()
{
#ifndef CLOSED_LAST
    gone = mem[CLOSED];
    found = mem[TAIL] != head
#else
    found = mem[TAIL] != head;
    gone = mem[CLOSED]
#endif
}

active proctype Consumer()
{
    byte head = 0;
    bit found, gone;
    do
    :: look();
        if
        :: found ->
            assert(mem[SLOT + head % BOUND] == head + 1);
            head++;
            STORE(CONSUMER, HEAD, head);
            wake_waiter(CONSUMER)
        :: !found && gone -> break
        :: else ->
            register_waiter(CONSUMER);
#ifndef NO_SECOND_LOOK
            look();
            if
            :: !found && !gone -> block(CONSUMER)
            :: else
            fi;
#else
            block(CONSUMER);
#endif
            STORE(CONSUMER, WAITER + CONSUMER, 0)
        fi
    od;
    assert(head == MESSAGES)
}
