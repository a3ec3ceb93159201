/* What the kernel's unit tests share. */
#ifndef TESTS_UNIT_KERNEL_TEST_H
#define TESTS_UNIT_KERNEL_TEST_H

#include <check.h>
#include <stdio.h>

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

#endif
