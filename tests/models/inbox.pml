/* Where a process goes that was woken or killed, among several workers (runtime/kernel/wake.c,
 * worker.c, sched.c): inboxes, posts, taking over, stealing, direct switches. How workers fall
 * asleep and are woken is workers.pml; here a worker sleeps that has nothing to do, and looks again
 * when something is put into its inbox or into a queue.
 *
 * What wakers and killers do is read-modify-writes, queues are changed under locks, and `next` by
 * its worker alone: so memory is one here. A step of the model is one of these.
 *
 * The second process may be bound to the worker that has it at first: no other one steals it or takes
 * it over.
 *
 * Holds: a process is in at most one queue and run by at most one worker, a bound one by its own; it
 * is ended once, and not run before its registers are saved; one that was woken runs after that or was killed; one that was
 * killed ends; one that has ended is forgotten only when no inbox has it.
 *
 * Mutants:
 *   PUSHES_AGAIN   who posts pushes the process whether or not it is in an inbox already
 *   ATTENDS_ONCE   what was said while an inbox was attended to is not looked at again
 *   KEEPS_STRANGERS  who finds a process in its inbox that has another home by now looks at it itself
 *   TAKES_FROM_INBOX a waker takes over a process that is in an inbox
 *   PLACES_UNASKED who finds a ready process without a place in its inbox, of somebody who killed it,
 *                  gives it one, though whoever woke it is about to
 *   SAVES_LATE     a direct switch sets the old process aside before its registers are saved
 *   KILLS_THE_IDLE who blocks does not look whether it was killed while it ran
 *   STEALS_BOUND   a thief takes bound processes, too
 *   TAKES_BOUND    ... or a waker
 *   FORGETS_EARLY  the memory of a process is used again while an inbox has it
 */
#define WORKERS   3
#define PROCESSES 2
#define NOBODY    PROCESSES

mtype = { READY, RUNNING, WOKEN, BLOCKED, DEAD, GONE };
mtype state[PROCESSES] = BLOCKED;
byte home[PROCESSES], posts[PROCESSES];
bit bound; /* the second one */
bit queued[PROCESSES], killed[PROCESSES], owed[PROCESSES];
bit saved[PROCESSES] = 1;
byte runs_on[PROCESSES] = WORKERS; /* nobody */
chan queue[WORKERS] = [PROCESSES] of { byte };
byte next[WORKERS] = NOBODY;
chan inbox[WORKERS] = [PROCESSES] of { byte };
bit asleep[WORKERS];
bit unplaced[PROCESSES]; /* whoever finds it in his inbox gives it a place */
byte held[PROCESSES]; /* by killers, who have a handle, and wakers, who hold a lock that its end needs */

#define IN_INBOX(p)  (inbox[0]??[eval(p)] || inbox[1]??[eval(p)] || inbox[2]??[eval(p)])
#define NO_QUEUES    (empty(queue[0]) && empty(queue[1]) && empty(queue[2]))
#define IN_QUEUE(p)                                                                                \
    (queue[0]??[eval(p)] || queue[1]??[eval(p)] || queue[2]??[eval(p)] || next[0] == p || next[1] == p || next[2] == p)
#define STRANGER(n)  ((me + n) % WORKERS)
#ifdef STEALS_BOUND
#define LOOT(q) (len(queue[q]) > 0)
#else
#define LOOT(q) (queue[q]??[0] || (!bound && len(queue[q]) > 0))
#endif
#ifdef TAKES_BOUND
#define IS_BOUND(p) false
#else
#define IS_BOUND(p) (bound && p == 1)
#endif

inline push_inbox(to, it)
{
    d_step {
        assert(state[it] != GONE && !IN_INBOX(it));
        inbox[to]!it
    }
}

inline post(to, it)
{
    d_step {
        assert(state[it] != GONE);
        was = posts[it];
        posts[it] = posts[it] + 1
    }
    if
#ifdef PUSHES_AGAIN
    :: true -> push_inbox(to, it)
#else
    :: was == 0 -> push_inbox(to, it)
    :: else
#endif
    fi
}

/* place(): `busy`: its worker runs something, so that the process goes before the queue */
inline place(me, it, busy)
{
    d_step {
        assert(!IN_QUEUE(it) && state[it] == READY);
        home[it] = me;
        queued[it] = 1;
        if
        :: busy && next[me] == NOBODY -> next[me] = it
        :: else -> queue[me]!it
        fi
    }
}

/* wake_finish() of what is in no queue */
inline finish(it)
{
    d_step {
        assert(state[it] != DEAD && state[it] != GONE && !IN_QUEUE(it));
        state[it] = DEAD;
        runs_on[it] = WORKERS;
        owed[it] = 0
    }
}

/* sched_wake() by worker `me`, which runs something */
inline wake(me, it)
{
    d_step {
        mine = 0;
        assert(state[it] != GONE);
        if
        :: state[it] == BLOCKED -> state[it] = READY; owed[it] = 1; mine = 1
        :: state[it] == RUNNING -> state[it] = WOKEN; owed[it] = 1
        :: else -> owed[it] = (state[it] == READY || state[it] == WOKEN)
        fi
    }
    if
    :: mine ->
        d_step { to = home[it] }
        if
        :: to == me -> place(me, it, 1)
        :: else ->
            if
            :: asleep[to] && !IS_BOUND(it) ->
                d_step {
#ifdef TAKES_FROM_INBOX
                    mine = 1; posts[it] = posts[it] + 1
#else
                    mine = (posts[it] == 0);
                    posts[it] = posts[it] + mine
#endif
                }
            :: mine = 0
            fi;
            if
            :: mine -> home[it] = me; unplaced[it] = 1; push_inbox(me, it)
            :: else -> unplaced[it] = 1; post(to, it)
            fi
        fi
    :: else
    fi
}

/* look_at() */
inline look_at(me, it)
{
    if
    :: state[it] == READY ->
#ifndef PLACES_UNASKED
        d_step { mine = unplaced[it]; unplaced[it] = 0 }
#else
        d_step { mine = (home[it] == me && !queued[it]) }
#endif
        if
        :: mine -> place(me, it, 0)
        :: else
        fi;
        if
        :: killed[it] ->
            d_step { /* worker_unqueue() */
                mine = (home[it] == me && queued[it]);
                if
                :: mine && next[me] == it -> next[me] = NOBODY; queued[it] = 0
                :: mine && next[me] != it -> queue[me]??eval(it); queued[it] = 0
                :: else
                fi
            }
            if
            :: mine -> finish(it)
            :: else
            fi
        :: else
        fi
    :: state[it] == BLOCKED && killed[it] ->
        d_step {
            mine = (state[it] == BLOCKED);
            if
            :: mine -> state[it] = READY
            :: else
            fi
        }
        if
        :: mine -> finish(it)
        :: else
        fi
    :: else
    fi
}

inline attend(me, it)
{
    do
    ::
#ifndef KEEPS_STRANGERS
        to = home[it];
        if
        :: to != me -> push_inbox(to, it); break
        :: else
        fi;
#endif
        seen = posts[it];
        look_at(me, it);
        d_step {
            assert(state[it] != GONE);
#ifdef ATTENDS_ONCE
            seen = posts[it];
#endif
            posts[it] = posts[it] - seen;
            left = posts[it]
        }
        if
        :: left == 0 -> break
        :: else
        fi
    od
}

/* set_running() */
inline begin(me, it)
{
    d_step {
        assert(!bound || it == 0 || me == 0);
        assert(state[it] == READY && saved[it] && runs_on[it] == WORKERS && !IN_QUEUE(it));
        state[it] = RUNNING;
        runs_on[it] = me;
        saved[it] = 0;
        owed[it] = 0
    }
}

/* wake_set_aside() */
inline set_aside(me, it)
{
    d_step {
        mine = (state[it] == RUNNING);
        if
        :: mine -> state[it] = BLOCKED
        :: else -> state[it] = READY
        fi;
        runs_on[it] = WORKERS
    }
    if
    :: mine
    :: else -> place(me, it, 0)
    fi
}

/* What was popped runs, wakes somebody perhaps, and blocks; or another one is switched to. */
inline dispatch(me, it)
{
    if
    :: killed[it] -> finish(it)
    :: else ->
        begin(me, it);
        do
        ::
            if
            :: d_step { wakes > 0 && state[1 - it] != DEAD && state[1 - it] != GONE -> wakes--; held[1 - it]++ }
                wake(me, (1 - it));
                held[1 - it]--
            :: nempty(inbox[me]) -> inbox[me]?r; attend(me, r) /* sched_reap() */
            :: true
            fi;
            /* sched_switch(), if that one is parked and nothing is known against it */
            if
            :: next[me] != NOBODY && !killed[it] ->
                q = next[me];
                if
                :: killed[q] -> break
                :: else
                fi;
                d_step { next[me] = NOBODY; queued[q] = 0 }
#ifndef SAVES_LATE
                saved[it] = 1;
#endif
                begin(me, q);
                set_aside(me, it);
#ifdef SAVES_LATE
                saved[it] = 1;
#endif
                it = q
            :: true -> break
            fi
        od;
        saved[it] = 1;
        if
#ifndef KILLS_THE_IDLE
        :: killed[it] -> finish(it)
#endif
        :: else -> set_aside(me, it)
        fi
    fi
}

/* rob(): the first that is not bound */
inline steal(me, from, p)
{
    d_step {
        LOOT(from) -> asleep[me] = 0;
        if
        :: IS_BOUND(1) && queue[from]??[0] -> queue[from]??0; p = 0
        :: else -> queue[from]?p
        fi;
        home[p] = me
    }
}

proctype Worker(byte me)
{
    byte p, q, r, to, was, seen, left, wakes = 1;
    bit mine;
end_asleep:
    do
    :: nempty(inbox[me]) -> asleep[me] = 0; inbox[me]?p; attend(me, p)
    :: next[me] != NOBODY ->
        d_step { asleep[me] = 0; p = next[me]; next[me] = NOBODY; queued[p] = 0 }
        dispatch(me, p)
    :: d_step { nempty(queue[me]) -> asleep[me] = 0; queue[me]?p; queued[p] = 0 }
        dispatch(me, p)
    :: steal(me, STRANGER(1), p);
        d_step { queued[p] = 0 }
        dispatch(me, p)
    :: steal(me, STRANGER(2), p);
        d_step { queued[p] = 0 }
        dispatch(me, p)
    :: d_step { !asleep[me] && empty(inbox[me]) && empty(queue[me]) && next[me] == NOBODY &&
            !LOOT(STRANGER(1)) && !LOOT(STRANGER(2)) -> asleep[me] = 1 }
    od
}

/* A worker that runs another process all the time: that wakes these, and looks at the inbox. */
proctype Busy(byte me)
{
    byte p, to, was, seen, left, wakes = 1;
    bit mine;
end:
    do
    :: wakes > 0 ->
        if
        :: p = 0
        :: p = 1
        fi;
        d_step {
            wakes--;
            mine = (state[p] != DEAD && state[p] != GONE);
            held[p] = held[p] + mine
        }
        if
        :: mine -> wake(me, p); held[p]--
        :: else
        fi
    :: nempty(inbox[me]) -> inbox[me]?p; attend(me, p)
    od
}

/* proc_kill() of one of the two, by a thread that runs none */
active proctype Killer()
{
    byte was, to;
    bit mine;
    d_step {
        if
        :: state[1] != GONE -> held[1]++; to = home[1]; mine = 1
        :: else
        fi
    }
    if
    :: mine -> killed[1] = 1; post(to, 1); held[1]--
    :: else
    fi
}

/* proc_forget() of what has ended */
active proctype Burier()
{
end:
    d_step {
#ifdef FORGETS_EARLY
        state[1] == DEAD && held[1] == 0
#else
        state[1] == DEAD && held[1] == 0 && posts[1] == 0
#endif
        -> state[1] = GONE
    }
}

active proctype AtTheEnd()
{
    timeout;
    assert(!owed[0] && !owed[1] && posts[0] == 0 && posts[1] == 0);
    assert(!killed[1] || state[1] == GONE);
    assert(NO_QUEUES && !IN_INBOX(0) && !IN_INBOX(1))
}

init
{
    /* the first begins ready, with worker 0; the other is blocked, at home with it, too: what has
     * another home comes by stealing */
    if
    :: bound = 0
    :: bound = 1
    fi;
    d_step {
        state[0] = READY;
        owed[0] = 1;
        queued[0] = 1;
        queue[0]!0
    }
    run Worker(0);
    run Worker(1);
    run Busy(2)
}
