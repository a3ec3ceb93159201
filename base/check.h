/* Graded assertions.
 *
 * check()       always on: trust boundaries, where a silent mistake would break isolation.
 * check_fast()  level 1 (debug builds): cheap preconditions on hot paths.
 * check_slow()  level 2 (sanitizer builds): walks whole structures.
 *
 * A failed check means that the runtime itself is wrong. A module at fault is a `enum status`
 * (base/status.h), a running guest at fault is a `enum trap` (base/trap.h); neither comes here.
 */
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <stdint.h>

#ifndef CHECK_LEVEL
#define CHECK_LEVEL 0
#endif

/* Prints `file:line: bug: message` on stderr and aborts. Never returns. */
_Noreturn void check_failed(const char *file, int line, const char *what);

#define BUG(what) check_failed(__FILE__, __LINE__, (what))
#define check(cond) (__builtin_expect(!!(cond), 1) ? (void)0 : BUG(#cond))
#define check_fast(cond) (CHECK_LEVEL >= 1 ? check(cond) : (void)0)
#define check_slow(cond) (CHECK_LEVEL >= 2 ? check(cond) : (void)0)

#define must_check __attribute__((warn_unused_result))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of type `type` whose member `member` is at `ptr`. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#endif
