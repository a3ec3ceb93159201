/* Where a run calls what it is about: host functions, helpers and fast functions of compiled code,
 * direct switches, pieces of deaths, steps of swapping. Each call counts as a point; from there on
 * the processor can be made to step, so that the fault comes so many instructions later: in the
 * runtime, in a stub between it and compiled code, or in that code itself.
 *
 * Functions are led here by the linker (`calls` in tests/stress/meson.build), host functions by
 * what imports are bound to. */
#ifndef TESTS_STRESS_CALLS_H
#define TESTS_STRESS_CALLS_H

#include <stdint.h>

/* A run begins; such a fault comes up to 1 << 11 instructions behind its point, as chance has it.
 */
void calls_begin(uint64_t seed);
/* ... and is over: nothing is stepped. */
void calls_end(void);
/* How many instructions were stepped, ever. */
uint64_t calls_stepped(void);
/* The id of the process that runs, 0 if none does, and of another that ran before it. */
uint32_t calls_running(void);
uint32_t calls_other(void);

#endif
