/* Several workers (runtime/kernel/worker.c, idle.c, wake.c): each has a queue of ready processes that
 * others may steal from, and an inbox; it searches when there is nothing to run, and then sleeps.
 * Processes are woken by processes that run: by those of two workers, and by one that a third worker
 * runs all the time; so only thieves run what that one has in its queue. A process is woken by its home itself;
 * any other worker says so in the home's inbox. What an inbox does with processes that are killed, and how
 * processes are taken over from workers that sleep, is inbox.pml.
 *
 * A queue is changed under its lock, by its worker and by thieves; who announces to sleep looks at
 * the others' queues under their locks. Nothing else orders a push and the look at sleepers after it:
 * a release of a lock is an ordinary store, and what was put in is seen by others when it has arrived.
 * An inbox is pushed to by a read-modify-write. A worker that is woken is told by a descriptor, which
 * stays readable until it has looked: being told twice is like being told once.
 *
 * While a worker searches, nobody is woken: it will find what was put there, or see it when it looks
 * again after having said that it is about to sleep.
 *
 * The second process is bound to a worker: nobody steals it, and it keeps nobody else awake.
 *
 * Holds: a process is in at most one queue and run by at most one worker, a bound one by its own; a
 * process that was woken runs after that; workers do not all sleep while one of them could run
 * something.
 *
 * Mutants:
 *   LAZY_SLEEPER   no fence between announcing sleep and looking at the queues again
 *   UNLOCKED_LOOK  the sleeper looks at the queues without their locks
 *   NO_SECOND_LOOK the sleeper does not look at the queues again
 *   NO_INBOX_LOOK  ... nor at its inbox
 *   LAZY_POSTER    who puts something into an inbox has looked before whether the worker sleeps
 *   STILL_SEARCHING a worker counts as searching until it sleeps
 *   TELLS_LATE     what the home is told is taken for done after it has looked, not before
 *   ENQUEUED_TWICE a waker queues whatever does not run, instead of only what is blocked
 *   STEALS_BOUND   a thief takes bound processes, too
 */
#define WORKERS    3 /* the third, which is busy, neither searches nor sleeps */
#define PROCESSES  2
#define BOUND      1 /* this process, to whichever worker has it first */
#define WAKES      1 /* of each process, by what runs all the time */

#define PROCESSORS 3
#define BUFFERED   3
#define LOCATIONS  6
#define LOCK       3 /* of the queue of worker w, at LOCK + w; before that: it is asleep, or about to be */
#define PUT        6 /* an arrival at PUT + w is a process put into queue w */

chan queue[WORKERS] = [PROCESSES + 1] of { byte };
#define ARRIVE(at, value)                                                                          \
    if                                                                                             \
    :: at >= PUT -> assert(nfull(queue[at - PUT])); queue[at - PUT]!value                          \
    :: else -> mem[at] = value                                                                     \
    fi
#include "store_buffer.pml"

mtype = { READY, RUNNING, BLOCKED };
mtype state[PROCESSES] = BLOCKED;
bit owed[PROCESSES];   /* woken, and has not run since */
byte home[PROCESSES];  /* of what is in no inbox: who runs it or has it in his queue */
byte bound_to;
chan inbox[WORKERS] = [PROCESSES + 1] of { byte };
bit woken[PROCESSES];  /* that is in an inbox */
bit told[WORKERS];     /* the descriptor that ends a sleep is readable */
byte searching;

/* For a queue whose lock is free, and who has no stores on their way. */
#define CAN_LOCK(me, q) (empty(buffer[me]) && !mem[LOCK + q])

/* Ends the sleep of w, if it sleeps. */
inline rouse(cpu, w)
{
    d_step {
        FENCE(cpu);
        if
        :: mem[w] -> mem[w] = 0; told[w] = 1
        :: else
        fi
    }
}

/* Some sleeper, unless one searches. */
inline wake_sleeper(cpu)
{
    if
    :: mem[0] && !searching -> rouse(cpu, 0)
    :: !mem[0] && mem[1] && !searching -> rouse(cpu, 1)
    :: searching || (!mem[0] && !mem[1])
    fi
}

/* worker_push(): into its own queue; it runs one of what is there itself. */
inline put(me, it)
{
    d_step { CAN_LOCK(me, me) -> mem[LOCK + me] = 1; home[it] = me }
    more = nempty(queue[me]) || runs;
    STORE(me, PUT + me, it);
    STORE(me, LOCK + me, 0);
    if
    :: more -> wake_sleeper(me)
    :: else
    fi
}

inline post(cpu, to, it)
{
#ifdef LAZY_POSTER
    more = mem[to];
    d_step { FENCE(cpu); inbox[to]!it }
    if
    :: more -> rouse(cpu, to)
    :: else
    fi
#else
    d_step { FENCE(cpu); inbox[to]!it }
    rouse(cpu, to)
#endif
}

/* wake_at_home(), then sched_wake() */
inline wake_at_home(cpu, whom)
{
    d_step {
        ready = 0;
        if
        :: state[whom] == BLOCKED -> state[whom] = READY; ready = 1
#ifdef ENQUEUED_TWICE
        :: state[whom] == READY -> ready = 1
#endif
        :: else
        fi
    }
    if
    :: ready -> put(cpu, whom)
    :: else
    fi
}

inline wake(cpu, whom)
{
    d_step { FENCE(cpu); owed[whom] = 1 }
    if
    :: home[whom] == cpu -> wake_at_home(cpu, whom)
    :: d_step { home[whom] != cpu && FENCE(cpu) -> ready = !woken[whom]; woken[whom] = 1 }
        if
        :: ready -> post(cpu, home[whom], whom)
        :: else
        fi
    fi
}

/* What is in the inbox; it may have been stolen meanwhile. */
inline attend(me, p)
{
    if
    :: home[p] == me ->
#ifndef TELLS_LATE
        d_step { FENCE(me); woken[p] = 0 }
#endif
        wake_at_home(me, p);
#ifdef TELLS_LATE
        woken[p] = 0
#endif
    :: else -> post(me, home[p], p)
    fi
}

/* A slice: looks at what it was woken for, perhaps wakes the other one, and blocks. (Nobody attends to
 * an inbox meanwhile: so nothing is WOKEN.) */
inline slice(me, p)
{
    d_step {
        assert(state[p] == READY && (p != BOUND || me == bound_to));
        state[p] = RUNNING;
        home[p] = me;
        owed[p] = 0;
        runs = 1
    }
    if
    :: left > 0 -> left--; wake(me, (1 - p))
    :: skip
    fi;
    d_step { runs = 0; state[p] = BLOCKED }
}

#ifdef STEALS_BOUND
#define MAY_STEAL(q) nempty(queue[q])
#else
#define MAY_STEAL(q) (queue[q]??[0])
#endif

inline steal(me, from, p)
{
    d_step {
        CAN_LOCK(me, from) && MAY_STEAL(from) ->
        found = 1;
        if
        :: queue[from]??[0] -> queue[from]??0; p = 0
        :: else -> queue[from]?p
        fi;
        home[p] = me
    }
}

/* What others have in their queues: p, or nothing. */
inline search(me, p)
{
    d_step { FENCE(me); searching++ }
    found = 0;
    if
    :: steal(me, (1 - me), p)
    :: steal(me, 2, p)
    :: true /* it has looked too early */
    fi;
#ifndef STILL_SEARCHING
    d_step { FENCE(me); searching-- }
#endif
}

inline look_again(me, at)
{
    d_step {
#ifndef UNLOCKED_LOOK
        CAN_LOCK(me, at) ->
#endif
#ifndef NO_SECOND_LOOK
        found = found || (queue[at]??[0])
#else
        skip
#endif
    }
}

inline sleep(me)
{
#ifndef LAZY_SLEEPER
    d_step { FENCE(me); mem[me] = 1 }
#else
    STORE(me, me, 1);
#endif
    d_step {
#ifndef NO_INBOX_LOOK
        found = nempty(inbox[me])
#else
        found = 0
#endif
    }
    look_again(me, (1 - me));
    look_again(me, 2);
#ifdef STILL_SEARCHING
    d_step { FENCE(me); searching-- }
#endif
    if
    :: found
    :: else ->
end_asleep:
        told[me] -> told[me] = 0
    fi;
    d_step { FENCE(me); mem[me] = 0 } /* if somebody has taken it back, the next sleep is short */
}

proctype Worker(byte me)
{
    byte p, left = 1;
    bit found, ready, more, runs;
    do
    :: d_step { FENCE(me) && nempty(inbox[me]) -> inbox[me]?p } attend(me, p)
    :: d_step { CAN_LOCK(me, me) && nempty(queue[me]) -> queue[me]?p } slice(me, p)
    :: empty(inbox[me]) && empty(queue[me]) && empty(buffer[me]) ->
        search(me, p);
        if
#ifdef STILL_SEARCHING
        :: found -> searching--; slice(me, p)
#else
        :: found -> slice(me, p)
#endif
        :: else -> sleep(me)
        fi
    od
}

proctype Busy()
{
    byte n = 0, p;
    bit ready, more, runs = 1;
    if
    :: n = 0
    :: n = 1 /* the other one first */
    fi;
    byte last = n + WAKES * PROCESSES;
end:
    do
    :: n < last -> wake(2, (n % PROCESSES)); n++
    :: d_step { FENCE(2) && nempty(inbox[2]) -> inbox[2]?p } attend(2, p)
    od
}

active proctype AtTheEnd()
{
    timeout;
    assert(!owed[0] && !owed[1] && state[0] == BLOCKED && state[1] == BLOCKED);
    assert(empty(queue[0]) && empty(queue[1]) && empty(queue[2]));
    assert(empty(inbox[0]) && empty(inbox[1]) && empty(inbox[2]))
}

init
{
    atomic {
        if
        :: bound_to = 0
        :: bound_to = 1
        fi;
        home[BOUND] = bound_to;
        if
        :: home[0] = 0
        :: home[0] = 1
        :: home[0] = 2
        fi
    }
    run Worker(0);
    run Worker(1);
    run Busy()
}
