/* Where a process goes that was woken or killed, among several workers (runtime/kernel/wake.c,
 * worker.c, sched.c, turn.c): inboxes, posts, taking over, stealing, direct switches, and processes
 * that are handed over to. How workers fall asleep and are woken is workers.pml; here a worker
 * sleeps that has nothing to do, and looks again when something is put into its inbox or into a
 * queue.
 *
 * The state of a process is written by its home alone, by plain stores; by whoever has its home's
 * `awake`, which a worker lends while it sleeps; and, once it is in a queue, by whoever takes it from
 * there under the lock. What wakers and killers do besides is read-modify-writes, `next` is its
 * worker's: so memory is one here. A step of the model is one of these, or one look or store at a
 * state.
 *
 * A process that waits may say where (`here`): who runs on that worker hands over to it without
 * having asked anything else, before its own registers are saved.
 *
 * The second process may be bound to the worker that has it at first: no other one steals it or takes
 * it over.
 *
 * Holds: a process is in at most one queue and run by at most one worker, a bound one by its own; it
 * is ended once, and not run before its registers are saved; one that was woken runs after that or was killed; one that was
 * killed ends; one that has ended is forgotten only when no inbox has it; one that says that it waits
 * here does so.
 *
 * Mutants:
 *   PUSHES_AGAIN   who posts pushes the process whether or not it is in an inbox already
 *   ATTENDS_ONCE   what was said while an inbox was attended to is not looked at again
 *   KEEPS_STRANGERS  who finds a process in its inbox that has another home by now looks at it itself
 *   MOVES_STRANGERS  a waker moves a process that has another home
 *   TAKES_FROM_AWAKE ... or takes one over without having that one's `awake`
 *   TELLS_LATE     what the home is told is taken for done after it has looked, not before
 *   LOST_WOKEN     the home does not remember that the process it runs was woken
 *   HERE_KEPT      a process that is woken still says that it waits here
 *   HERE_TAKEN     ... one that is taken over
 *   SAVES_LATE     a direct switch gives the old process a place before its registers are saved
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
bit lent[WORKERS];     /* its `awake` is somebody else's */
bit woken[PROCESSES];  /* its home is to see to it */
byte here[PROCESSES] = WORKERS; /* where it says that it waits: nowhere */
byte held[PROCESSES]; /* by killers, who have a handle, and wakers, who hold a lock that its end needs */

#define IN_INBOX(p)  (inbox[0]??[eval(p)] || inbox[1]??[eval(p)] || inbox[2]??[eval(p)])
#define NO_QUEUES    (empty(queue[0]) && empty(queue[1]) && empty(queue[2]))
#define IN_QUEUE(p)                                                                                \
    (queue[0]??[eval(p)] || queue[1]??[eval(p)] || queue[2]??[eval(p)] || next[0] == p || next[1] == p || next[2] == p)
/* Fewer states: what is not needed any more is 0. */
#define FORGET atomic { to = 0; was = 0; seen = 0; left = 0; mine = 0 }
#define RUNS_NEXT(w) (w < 2) /* the third runs one all the time */
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

/* unblock(); the home of `it` may be another one by now, if that is taken over */
inline unblock(it)
{
    d_step {
#ifndef HERE_KEPT
        here[it] = WORKERS;
#endif
        state[it] = READY
    }
}

/* wake_at_home(): `busy`: it runs something. In `mine`: it is its home. */
inline wake_at_home(me, it, busy)
{
    if
    :: state[it] == READY -> mine = (home[it] == me) /* under the lock */
    :: state[it] == BLOCKED && home[it] == me -> unblock(it); place(me, it, busy); mine = 1
    :: state[it] == RUNNING && home[it] == me ->
#ifndef LOST_WOKEN
        state[it] = WOKEN;
#endif
        mine = 1
    :: else -> mine = (home[it] == me)
    fi
}

/* take_over(): in `mine`, whether it did. */
inline take_over(me, it)
{
    mine = 0;
    if
#ifdef TAKES_FROM_AWAKE
    :: d_step { asleep[to] && !IS_BOUND(it) -> skip }
#else
    :: d_step { asleep[to] && !lent[to] && !IS_BOUND(it) -> lent[to] = 1 }
#endif
        mine = (state[it] == BLOCKED && home[it] == to);
        if
        :: mine ->
            home[it] = me;
#ifdef HERE_TAKEN
            state[it] = READY
#else
            unblock(it)
#endif
        :: else
        fi;
#ifndef TAKES_FROM_AWAKE
        lent[to] = 0;
#endif
        if
        :: mine -> place(me, it, RUNS_NEXT(me))
        :: else
        fi
    :: true
    fi
}

/* sched_wake() by worker `me`, which runs something */
inline wake(me, it)
{
    d_step {
        assert(state[it] != GONE);
        owed[it] = (state[it] != DEAD);
        to = home[it];
        mine = (to == me && state[it] != READY)
    }
    if
#ifdef MOVES_STRANGERS
    :: !mine && state[it] == BLOCKED -> unblock(it); place(me, it, 1)
    :: !mine && state[it] == RUNNING -> state[it] = WOKEN
#endif
    :: mine -> wake_at_home(me, it, 1)
    :: else ->
        take_over(me, it);
        if
        :: mine
        :: else -> /* wake_tell() */
            d_step { was = woken[it]; woken[it] = 1 }
            if
            :: was
            :: else -> post(to, it)
            fi
        fi
    fi
}

/* look_at(); in `mine`: it was, or has ended. */
inline look_at(me, it)
{
#ifndef TELLS_LATE
    d_step { mine = woken[it]; woken[it] = 0 }
#else
    mine = woken[it];
#endif
    if
    :: mine ->
        wake_at_home(me, it, 0);
        if
        :: mine
        :: else -> woken[it] = 1
        fi
    :: else -> mine = 1
    fi;
#ifdef TELLS_LATE
    woken[it] = 0;
#endif
    if
    :: mine && killed[it] ->
        if
        :: state[it] == READY ->
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
        :: state[it] == BLOCKED && home[it] == me -> unblock(it); finish(it)
        :: else
        fi;
        mine = (home[it] == me)
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
#ifdef KEEPS_STRANGERS
            mine = 1;
#endif
            if
            :: mine -> posts[it] = posts[it] - seen
            :: else
            fi;
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

/* wake_set_aside(), perhaps in a fast function */
inline set_aside(me, it)
{
    d_step {
        mine = (state[it] == RUNNING);
        if
        :: mine -> here[it] = me; state[it] = BLOCKED
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
                held[1 - it]--;
                FORGET
            :: nempty(inbox[me]) -> inbox[me]?r; attend(me, r); FORGET; r = 0 /* sched_reap() */
            :: true
            fi;
            /* sched_switch(), if that one is parked and nothing is known against it */
            if
            :: next[me] != NOBODY && !killed[it] ->
                q = next[me];
                if
                :: killed[q] -> q = 0; break
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
                d_step { it = q; q = 0; mine = 0 }
            :: here[1 - it] == me && next[me] == NOBODY && state[it] == RUNNING -> /* sched_hand() */
                q = 1 - it;
                assert(state[q] == BLOCKED && home[q] == me);
                if
                :: killed[it] || killed[q] -> q = 0; break
                :: else
                fi;
                d_step { here[it] = me; state[it] = BLOCKED; runs_on[it] = WORKERS }
                d_step {
                    assert(state[q] == BLOCKED && saved[q] && runs_on[q] == WORKERS && !IN_QUEUE(q));
                    here[q] = WORKERS;
                    state[q] = RUNNING;
                    runs_on[q] = me;
                    saved[q] = 0;
                    owed[q] = 0
                }
                d_step { saved[it] = 1; it = q; q = 0 }
            :: nempty(inbox[me]) && next[me] != NOBODY -> skip /* goes on */
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
        LOOT(from) && !lent[me] -> asleep[me] = 0;
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
    :: d_step { nempty(inbox[me]) && !lent[me] -> asleep[me] = 0; inbox[me]?p } attend(me, p); FORGET; p = 0
    :: next[me] != NOBODY ->
        d_step { asleep[me] = 0; p = next[me]; next[me] = NOBODY; queued[p] = 0 }
        dispatch(me, p); FORGET; p = 0
    :: d_step { nempty(queue[me]) && !lent[me] -> asleep[me] = 0; queue[me]?p; queued[p] = 0 }
        dispatch(me, p); FORGET; p = 0
    :: steal(me, STRANGER(1), p);
        d_step { queued[p] = 0 }
        dispatch(me, p); FORGET; p = 0
    :: steal(me, STRANGER(2), p);
        d_step { queued[p] = 0 }
        dispatch(me, p); FORGET; p = 0
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
        fi;
        FORGET;
        p = 0
    :: nempty(inbox[me]) -> inbox[me]?p; attend(me, p); FORGET; p = 0
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
