/* Who looks at asynchronous operations, of two workers (look_at_source() in runtime/kernel/sched.c, look() in
 * aio.c, aio_ring.c): each asks for some and then looks, unless the other one looks already. What was asked
 * for is made ready, and then handed to the system, both by whoever looks; the end of a look makes ready what
 * there was no room for at its beginning.
 *
 * Holds: when both workers sleep, everything that was asked for has been handed to the system.
 *
 * Mutants:
 *   LOOKS_ONCE     who looks does not look again where that was wanted meanwhile
 *   CLEARS_LATE    that it is wanted is taken back after the look
 *   KEEPS_READY    what the end of a look makes ready is not handed over by it
 *   UNLOCKS_WEAKLY the lock is given up by an ordinary store, which may arrive after the look at what is wanted
 */
#define PROCESSORS 2
#define BUFFERED   2
#define LOCATIONS  2
#define AGAIN      0 /* look_again */
#define LOOKING    1 /* the lock */
#define ASKS       2

#include "store_buffer.pml"

byte asked, ready, handed; /* under aio.lock; of who looks; the system's */
byte asleep;

inline make_ready()
{
    atomic {
        ready = ready + asked;
        asked = 0
    }
}

inline hand_over()
{
    atomic {
        handed = handed + ready;
        ready = 0
    }
}

inline unlock(me)
{
    STORE(me, LOOKING, 0);
#ifndef UNLOCKS_WEAKLY
    FENCE(me)
#endif
}

inline look(me)
{
#ifndef CLEARS_LATE
    STORE(me, AGAIN, 0);
    FENCE(me);
#endif
    if
    :: make_ready()
    :: skip /* no room */
    fi;
    hand_over();
    make_ready(); /* there is room by now */
#ifndef KEEPS_READY
    hand_over();
#endif
#ifdef CLEARS_LATE
    STORE(me, AGAIN, 0);
    FENCE(me);
#endif
}

proctype Worker(byte me)
{
    byte left = ASKS;
    bit mine;
    do
    :: left > 0 ->
        atomic {
            asked++;
            left--
        };
        STORE(me, AGAIN, 1);
        FENCE(me);
        do
        :: mem[AGAIN] == 0 -> break
        :: else ->
            atomic { /* a read-modify-write */
                FENCE(me);
                mine = !mem[LOOKING];
                mem[LOOKING] = 1
            };
            if
            :: !mine -> break
            :: else ->
                look(me);
                unlock(me)
#ifdef LOOKS_ONCE
                ;
                break
#endif
            fi
        od
    :: else -> break
    od;
    FENCE(me);
    atomic {
        asleep++;
        assert(asleep < 2 || handed == 2 * ASKS)
    }
}

init
{
    atomic {
        run Worker(0);
        run Worker(1)
    }
}
