/* Several workers (issue 5): each has a queue of ready processes that others may steal from, and
 * sleeps when there is nothing to run; processes are woken by processes that run and by a thread
 * that runs none (a driver, a timer).
 *
 * Taking from a queue, and putting into it, is done under the queue's lock. A release of a lock is an
 * ordinary store: what was put in is seen by others when it has arrived.
 *
 * Holds: a process is in at most one queue and run by at most one worker; a process that was woken
 * runs after that; workers do not all sleep while one of them could run something.
 *
 * Mutants:
 *   LAZY_SLEEPER   no fence between announcing sleep and looking at the queues again
 *   LAZY_WAKER     no fence between queueing a process and looking for a sleeper
 *   NO_SECOND_LOOK the sleeper does not look again
 *   NO_TOKEN       who announces to sleep and then finds work, while somebody wakes it, does not take
 *                  that wake-up back: later it wakes for nothing, or two count on one worker
 *   LOST_WOKEN     waking a process that still runs is not remembered
 *   ENQUEUED_TWICE a waker queues whatever does not run, instead of only what is blocked
 */
#define WORKERS    2
#define PROCESSES  2
#define WAKES      1 /* of each process, by the thread that runs none */

#define PROCESSORS 3 /* the third is that thread's */
#define BUFFERED   3
#define LOCATIONS  2 /* by worker: it is asleep, or about to be */
#define PUT        4 /* an arrival at PUT + w is a process put into queue w */

chan queue[WORKERS] = [PROCESSES + 1] of { byte };
#define ARRIVE(at, value)                                                                          \
    if                                                                                             \
    :: at >= PUT -> assert(nfull(queue[at - PUT])); queue[at - PUT]!value                          \
    :: else -> mem[at] = value                                                                     \
    fi
#include "store_buffer.pml"

mtype = { READY, RUNNING, WOKEN, BLOCKED };
mtype state[PROCESSES] = BLOCKED;
bit owed[PROCESSES];  /* woken, and has not run since */
byte token[WORKERS];  /* of the semaphore on which a worker sleeps */

/* Puts process `it` into queue `to`, and wakes one that sleeps. */
inline put(cpu, to, it)
{
    STORE(cpu, PUT + to, it);
#ifndef LAZY_WAKER
    FENCE(cpu);
#endif
    if
    :: mem[0] -> d_step { FENCE(cpu); found = mem[0]; mem[0] = 0; token[0] = token[0] + found }
    :: mem[1] -> d_step { FENCE(cpu); found = mem[1]; mem[1] = 0; token[1] = token[1] + found }
    :: !mem[0] && !mem[1]
    fi
}

/* sched_wake() on processor `by`: process `whom` goes to queue `into`. */
inline wake(by, into, whom)
{
    d_step {
        FENCE(by);
        owed[whom] = 1;
        ready = 0;
        if
        :: state[whom] == BLOCKED -> state[whom] = READY; ready = 1
#ifndef LOST_WOKEN
        :: state[whom] == RUNNING -> state[whom] = WOKEN
#endif
#ifdef ENQUEUED_TWICE
        :: state[whom] == READY -> ready = 1
#endif
        :: else
        fi
    }
    if
    :: ready -> put(by, into, whom)
    :: else
    fi
}

/* A slice: looks at what it was woken for, perhaps wakes the other one, gives way or blocks. */
inline slice(me, p)
{
    d_step {
        assert(state[p] == READY);
        state[p] = RUNNING;
        owed[p] = 0
    }
    if
    :: left > 0 -> left--; wake(me, me, (1 - p))
    :: skip
    fi;
    d_step {
        FENCE(me);
        if
        :: state[p] == WOKEN -> state[p] = READY; ready = 1
        :: state[p] == RUNNING -> state[p] = BLOCKED; ready = 0
        fi
    }
    if
    :: ready -> put(me, me, p)
    :: else
    fi
}

inline sleep(me)
{
    STORE(me, me, 1);
#ifndef LAZY_SLEEPER
    FENCE(me);
#endif
#ifndef NO_SECOND_LOOK
    if
    :: nempty(queue[0]) || nempty(queue[1]) ->
        d_step { FENCE(me); found = mem[me]; mem[me] = 0 }
        if
        :: !found -> /* somebody has woken it: that is this one's token */
#ifndef NO_TOKEN
           token[me] > 0;
           token[me]--
#endif
        :: else
        fi
    :: empty(queue[0]) && empty(queue[1]) ->
end_asleep:
        token[me] > 0;
        token[me]--;
        assert(token[me] == 0)
    fi
#else
end_asleep:
    token[me] > 0;
    token[me]--
#endif
}

proctype Worker(byte me)
{
    byte p, left = 1;
    bit found, ready;
    do
    :: d_step { FENCE(me) && nempty(queue[me]) -> queue[me]?p } slice(me, p)
    :: d_step { FENCE(me) && nempty(queue[1 - me]) -> queue[1 - me]?p } slice(me, p)
    :: empty(queue[0]) && empty(queue[1]) -> sleep(me)
    od
}

active proctype Thread()
{
    byte n = 0;
    bit found, ready;
    do
    :: n == WAKES * PROCESSES -> break
    :: else -> wake(2, n % WORKERS, n % PROCESSES); n++
    od
}

active proctype AtTheEnd()
{
    timeout;
    assert(!owed[0] && !owed[1] && state[0] == BLOCKED && state[1] == BLOCKED);
    assert(empty(queue[0]) && empty(queue[1]))
}

init
{
    run Worker(0);
    run Worker(1)
}
