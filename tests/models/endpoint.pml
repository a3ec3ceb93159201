/* An endpoint between two workers (channels/endpoint.h): a ring with one producer and one consumer,
 * either of which can wait for the other, and close at any time.
 *
 * Holds: the consumer receives messages in order, each once; if it does not close before, all of
 * them, and after them it sees that the producer has closed; if it does, every message that it has
 * not received is ended, once, by itself or by the producer; the producer never overwrites what is
 * not received; nobody sleeps for ever, as that would be an end state in which not everything has
 * ended; nobody wakes a process that is gone.
 *
 * The producer looks at the other's index through a copy that it renews when the queue looks full.
 * That is the same as having looked earlier, but for the look after registering, which is a real one.
 * The consumer looks at the slot itself (`turn`), which is written after TAIL: here that is the same
 * as TAIL.
 *
 * A side that looks again and again says so (WATCHED: the consumer's is `watched`, the producer's
 * `watches_room`). Then the other one does not order what it publishes before its look at the waiter.
 * Before the side waits, or the consumer closes, it takes that back, and has the other processor's
 * stores arrive (BARRIER: membarrier(2)).
 *
 * The waiter is taken out and cleared by a plain store, under the channel's lock, before it is
 * woken. Its owner registers and clears it without the lock. So the waker's store can erase a newer
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
 *   NO_LOOK_BACK     the producer does not look at `closed` after publishing: its last message stays
 *   LAZY_CLOSER      no fence between closing and looking at what is queued
 *   UNLOCKED_DRAIN   what is queued is ended without the lock, perhaps by both
 *   UNLOCKED_WAKE    the waiter is taken out and woken without the lock: it can be gone by then
 *   STILL_WATCHED    a side waits without having taken WATCHED back
 *   NO_BARRIER       ... without a barrier of the other processor after that
 *   WATCHED_FIRST    WATCHED is looked at before publishing, not after that
 *   CLOSED_WATCHED   the consumer closes without taking WATCHED back
 */
#ifndef MESSAGES
#define MESSAGES 3
#endif
#define BOUND 2

#define PROCESSORS 2
#define BUFFERED   3
#define LOCATIONS  11
#include "store_buffer.pml"

/* Locations; waiters and `closed` are one per side. */
#define HEAD   0
#define TAIL   1
#define CLOSED 2
#define WAITER 4
#define LOCK   6
#define SLOT   7
#define WATCHED 9

#define PRODUCER 0
#define CONSUMER 1

mtype = { RUNNING, WOKEN, BLOCKED, GONE };
mtype state[2] = RUNNING;
byte received;   /* messages */
byte ended;
byte last_ended; /* or received: the number of the last one */

inline lock(me)
{
    d_step { empty(buffer[me]) && !mem[LOCK] -> mem[LOCK] = 1 }
}
inline unlock(me)
{
    STORE(me, LOCK, 0)
}

/* sched_wake() */
inline wake(who)
{
    d_step {
        FENCE((1 - who));
        assert(state[who] != GONE);
        if
        :: state[who] == BLOCKED -> state[who] = RUNNING
#ifndef LOST_WOKEN
        :: state[who] == RUNNING -> state[who] = WOKEN
#endif
        :: else
        fi
    }
}

/* Takes the other side's waiter out and wakes it. */
inline take_waiter(me)
{
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

/* Ends what is queued; the consumer has closed. */
inline drain(me)
{
    FENCE(me);
    i = mem[HEAD];
    do
    :: i == mem[TAIL] -> break
    :: else ->
        assert(mem[SLOT + i % BOUND] == i + 1);
        assert(i + 1 == last_ended + 1);
        last_ended = i + 1;
        ended++;
        i++
    od;
    STORE(me, HEAD, i);
    i = 0
}

/* What is published is seen by the other side before it sleeps, or it is woken; if it has closed,
 * what is queued is ended. */
inline look_back(me)
{
#ifndef LAZY_PRODUCER
#ifndef WATCHED_FIRST
    light = mem[WATCHED + (1 - me)];
#endif
    if
    :: light
    :: else -> FENCE(me)
    fi;
    light = 0;
#endif
    if
#ifndef NO_LOOK_BACK
    :: me == PRODUCER && mem[CLOSED + CONSUMER] ->
#ifndef UNLOCKED_DRAIN
        lock(me);
#endif
        drain(me);
#ifndef UNLOCKED_DRAIN
        unlock(me)
#endif
#endif
    :: mem[WAITER + (1 - me)] && (me == CONSUMER || !mem[CLOSED + CONSUMER]) ->
#ifndef UNLOCKED_WAKE
        lock(me);
        take_waiter(me);
        unlock(me)
#else
        take_waiter(me)
#endif
    :: else
    fi
}

/* What is published from now on is published before the other side looks at the waiter. */
inline unwatch(me)
{
    if
    :: watches ->
        STORE(me, WATCHED + me, 0);
        FENCE(me);
#ifndef NO_BARRIER
        FENCE((1 - me));
#endif
        watches = 0
    :: else
    fi
}

/* It has looked and found, and may look again and again. */
inline may_watch(me)
{
    if
    :: !watches -> STORE(me, WATCHED + me, 1); watches = 1
    :: skip
    fi
}

/* Before publishing. */
inline about_to(me)
{
#ifdef WATCHED_FIRST
    light = mem[WATCHED + (1 - me)];
#endif
    skip
}

inline register_waiter(me)
{
#ifndef STILL_WATCHED
    unwatch(me);
#endif
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

/* The end of a side, and of its process. */
inline close(me)
{
#ifndef CLOSED_WATCHED
    if
    :: me == CONSUMER -> unwatch(me)
    :: else /* that there is room is told to nobody who has closed */
    fi;
#endif
    lock(me);
    STORE(me, WAITER + me, 0);
    STORE(me, CLOSED + me, 1);
#ifndef LAZY_CLOSER
    FENCE(me);
#endif
    if
    :: me == CONSUMER ->
#ifdef UNLOCKED_DRAIN
        unlock(me);
        drain(me);
        lock(me)
#else
#ifdef LAZY_CLOSER
        last = mem[TAIL]; /* without waiting until `closed` has arrived */
        i = mem[HEAD];
        do
        :: i == last -> break
        :: else -> last_ended = i + 1; ended++; i++
        od;
        STORE(me, HEAD, i);
        i = 0
#else
        drain(me)
#endif
#endif
    :: else
    fi;
    if
    :: !mem[CLOSED + (1 - me)] -> take_waiter(me)
    :: else
    fi;
    unlock(me);
    d_step { FENCE(me); state[me] = GONE }
}

active proctype Producer()
{
    byte tail = 0, n = 1, i = 0;
    bit light, watches;
#ifdef LAZY_CLOSER
    byte last;
#endif
    do
    :: n > MESSAGES -> break
    :: mem[CLOSED + CONSUMER] && n <= MESSAGES -> /* ends what it would have sent */
        ended = ended + MESSAGES + 1 - n;
        break
    :: !mem[CLOSED + CONSUMER] && n <= MESSAGES ->
        if
        :: tail - mem[HEAD] == BOUND ->
            register_waiter(PRODUCER);
            if
            :: tail - mem[HEAD] == BOUND && !mem[CLOSED + CONSUMER] -> block(PRODUCER)
            :: else
            fi;
            STORE(PRODUCER, WAITER + PRODUCER, 0)
        :: else ->
            may_watch(PRODUCER);
            STORE(PRODUCER, SLOT + tail % BOUND, n);
            tail++;
            about_to(PRODUCER);
            STORE(PRODUCER, TAIL, tail);
            look_back(PRODUCER);
            n++
        fi
    od;
    close(PRODUCER)
}

/* Whether something is there: found; or never will be: gone. */
inline look()
{
#ifndef CLOSED_LAST
    gone = mem[CLOSED + PRODUCER];
    found = mem[TAIL] != head
#else
    found = mem[TAIL] != head;
    gone = mem[CLOSED + PRODUCER]
#endif
}

active proctype Consumer()
{
    byte head = 0, i = 0;
#ifdef LAZY_CLOSER
    byte last;
#endif
    bit found, gone, light, watches;
    do
    :: skip -> break /* closes */
    :: look();
        if
        :: found ->
            assert(mem[SLOT + head % BOUND] == head + 1);
            head++;
            last_ended = head;
            received++;
            may_watch(CONSUMER);
            about_to(CONSUMER);
            STORE(CONSUMER, HEAD, head);
            look_back(CONSUMER)
        :: !found && gone -> assert(head == MESSAGES); break
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
    FENCE(CONSUMER); /* its own index has arrived: it does not read it from its buffer */
    close(CONSUMER)
}

active proctype AtTheEnd()
{
    state[PRODUCER] == GONE && state[CONSUMER] == GONE && empty(buffer[0]) && empty(buffer[1]);
    assert(received + ended == MESSAGES)
}
