/* A barrier of all threads of the program, paid for by the one that calls it: membarrier(2). What
 * others did before they learn of it is seen by the caller, and what they do later comes after what
 * the caller did before. */
#ifndef RUNTIME_KERNEL_BARRIER_H
#define RUNTIME_KERNEL_BARRIER_H

#include <linux/membarrier.h>
#include <stdbool.h>
#include <sys/syscall.h>

/* Without the library: barriers are also used where there is little stack (channels/fast.h). */
static inline long barrier_call(long command)
{
    long result = SYS_membarrier;
    register long cpu __asm__("r10") = 0;
    __asm__ volatile("syscall"
                     : "+a"(result)
                     : "D"(command), "S"(0L), "d"(0L), "r"(cpu)
                     : "rcx", "r11", "memory");
    return result;
}

/* Before the first; false: the system has none. */
static inline bool barrier_open(void)
{
    return barrier_call(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0;
}

/* It fails for want of memory alone. */
static inline void barrier_everywhere(void)
{
    while (barrier_call(MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0)
        ;
}

#endif
