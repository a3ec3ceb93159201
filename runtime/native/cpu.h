/* Which machine this is, as far as compiled code depends on it. */
#ifndef RUNTIME_NATIVE_CPU_H
#define RUNTIME_NATIVE_CPU_H

#include <stddef.h>
#include <stdint.h>

enum { CPU_NAME = 40 };

/* Fills `name` ("GenuineIntel 6/143/8": maker, family, model, stepping; NUL-padded) and returns a
 * hash of the features that CPUID and the operating system offer. The same on every core. */
uint64_t cpu_identify(char name[CPU_NAME]);

#endif
