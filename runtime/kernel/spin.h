/* A lock for a few instructions, held by one worker at a time. Whoever finds it taken turns round,
 * and lets others have the processor if that takes long: the holder may have been suspended. */
#ifndef RUNTIME_KERNEL_SPIN_H
#define RUNTIME_KERNEL_SPIN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>

struct spin {
    _Atomic bool taken;
};

static inline void spin_pause(void)
{
    __builtin_ia32_pause();
}

/* sched_yield(2) without the library: locks are also taken where there is little stack
 * (channels/fast.h). */
static inline void spin_yield(void)
{
    long result = SYS_sched_yield;
    __asm__ volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
}

static inline bool spin_try(struct spin *l)
{
    return !atomic_exchange_explicit(&l->taken, true, memory_order_acquire);
}

static inline void spin_lock(struct spin *l)
{
    for (unsigned turns = 1; !spin_try(l); turns++) {
        if (turns % 64 == 0)
            spin_yield();
        else
            spin_pause();
    }
}

static inline void spin_unlock(struct spin *l)
{
    atomic_store_explicit(&l->taken, false, memory_order_release);
}

/* The same, before whatever the caller looks at next: who found the lock taken may have left a word
 * there. */
static inline void spin_unlock_then_look(struct spin *l)
{
    atomic_store(&l->taken, false);
}

#endif
