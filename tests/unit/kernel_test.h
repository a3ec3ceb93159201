/* What the kernel's unit tests share. */
#ifndef TESTS_UNIT_KERNEL_TEST_H
#define TESTS_UNIT_KERNEL_TEST_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "runtime/kernel/pages.h"
#include "tests/suite.h"

enum { RW = PAGE_R | PAGE_W, RX = PAGE_R | PAGE_X };

/* A small region: 256 MiB and four windows, so that thread sanitizer finds room for it. */
static inline struct region *small_region(void)
{
    struct region *r;
    struct region_config cfg = {.compact_bytes = 256u << 20, .windows = 4};
    ck_assert_int_eq(region_create(&cfg, &r, NULL), OK);
    return r;
}

static inline void assert_audit(const struct region *r)
{
    struct diag why;
    diag_clear(&why);
    ck_assert_msg(region_audit(r, &why) == OK, "audit: %s", why.detail);
}

/* An extent with so many pages. */
static inline struct extent make(struct region *r, enum page_zone zone, uint32_t owner,
                                 uint32_t npages, uint32_t committed)
{
    struct extent e;
    ck_assert_int_eq(extent_reserve(r, zone, owner, npages, RW, &e), OK);
    ck_assert_int_eq(extent_commit(r, &e, committed), OK);
    return e;
}

static inline bool all_bytes(const struct region *r, const struct extent *e, int value)
{
    const unsigned char *p = extent_addr(r, e);
    size_t n = extent_bytes(e);
    return n == 0 || (p[0] == value && memcmp(p, p + 1, n - 1) == 0);
}

static inline struct region_stats stats_of(const struct region *r)
{
    struct region_stats s;
    region_stats(r, &s);
    return s;
}

#endif
