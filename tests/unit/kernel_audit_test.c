/* The audit finds every kind of disagreement that is planted, and is silent again when it is taken
 * back. */
#include "tests/unit/kernel_test.h"

#include <string.h>
#include <sys/mman.h>

#include "runtime/kernel/pages_int.h"

static struct region *r;
static struct extent e, g, code;

static void setup(void)
{
    r = small_region();
    ck_assert_int_eq(extent_reserve(r, ZONE_COMPACT, 16, 4, RW, &e), OK);
    ck_assert_int_eq(extent_commit(r, &e, 4), OK);
    extent_decommit(r, &e, 1);
    ck_assert_int_eq(extent_reserve(r, ZONE_COMPACT, OWNER_CODE, 16, RW, &code), OK);
    ck_assert_int_eq(extent_commit(r, &code, 2), OK);
    ck_assert_int_eq(extent_protect(r, &code, RX), OK);
    ck_assert_int_eq(extent_reserve(r, ZONE_GUARD, 17, 100, RW, &g), OK);
    ck_assert_int_eq(extent_commit(r, &g, 10), OK);
    extent_decommit(r, &g, 5);
    assert_audit(r);
}

static void teardown(void)
{
    assert_audit(r);
    extent_release(r, &e);
    extent_release(r, &g);
    extent_release(r, &code);
    region_destroy(r);
}

static void expect_found(const char *text)
{
    struct diag why;
    diag_clear(&why);
    ck_assert_int_eq(region_audit(r, &why), E_AUDIT);
    ck_assert_msg(strstr(why.detail, text) != NULL, "found \"%s\", wanted \"%s\"", why.detail,
                  text);
}

/* One planted value, for one audit. */
#define PLANT(lvalue, value, text)                                                                 \
    do {                                                                                           \
        __typeof__(lvalue) before = (lvalue);                                                      \
        (lvalue) = (__typeof__(lvalue))(value);                                                    \
        expect_found(text);                                                                        \
        (lvalue) = before;                                                                         \
    } while (0)

START_TEST(page_table)
{
    uint32_t *p = &r->table[e.first];
    PLANT(p[1], ENTRY(18, PAGE_DIRTY | RW), "not its extent's owner's");
    PLANT(p[1], ENTRY(OWNER_NONE, PAGE_DIRTY), "not its extent's owner's");
    PLANT(p[3], ENTRY(16, PAGE_DIRTY | RW), "owner but no extent");
    PLANT(p[3], ENTRY(OWNER_NONE, PAGE_DIRTY | PAGE_R), "free and has rights");
    PLANT(p[0], ENTRY(16, PAGE_DIRTY | RW | PAGE_X), "writable and executable");
    PLANT(p[0], ENTRY(16, RW), "counted as zero");
    PLANT(r->table[g.first + 7], ENTRY(OWNER_NONE, PAGE_DIRTY), "free but not zero");
    PLANT(r->table[g.first + 7], ENTRY(17, PAGE_DIRTY | RW), "owner but no extent");
    PLANT(r->table[g.first + 2], ENTRY(18, PAGE_DIRTY | RW), "not its extent's owner's");
}
END_TEST

START_TEST(extents)
{
    PLANT(r->buddy.blocks[e.first].committed, 2, "owner but no extent");
    PLANT(r->buddy.blocks[e.first].committed, 5, "too many pages");
    PLANT(r->buddy.tags[e.first], r->buddy.tags[e.first] | TAG_DOWN, "owner but no extent");
    PLANT(r->buddy.blocks[e.first].owner, 20, "not its extent's owner's");
    PLANT(r->buddy.tags[e.first], 0, "begins no block");
    PLANT(r->buddy.tags[e.first], TAG_ORDER(20), "begins no block");
    PLANT(r->buddy.tags[code.first], TAG_ORDER(5),
          "begins no block"); /* not aligned to that size */
    PLANT(r->windows[0].committed, 6, "not its extent's owner's");
    PLANT(r->windows[0].committed, 101, "too many pages");
    PLANT(r->windows[0].owner, 0, "has an owner but no extent");
}
END_TEST

START_TEST(counts)
{
    struct extent hole;
    ck_assert_int_eq(extent_reserve(r, ZONE_COMPACT, 16, 64, RW, &hole), OK);
    uint32_t order = (uint32_t)__builtin_ctz(r->buddy.nonempty);
    PLANT(r->buddy.head[order], NO_BLOCK, "free blocks of 2^");
    PLANT(r->buddy.head[order], e.first, "should not be");
    PLANT(r->chunks[0].committed, 1, "counts are wrong");
    PLANT(r->chunks[0].dirty, 9, "counts are wrong");
    PLANT(r->chunks[0].listed, 0, "counts are wrong");
    PLANT(r->stats.committed, 1, "counted");
    PLANT(r->stats.dirty_free, 0, "counted");
    PLANT(r->stats.extents, 7, "counted");
    PLANT(r->stats.windows_used, 0, "counted");
    extent_release(r, &hole);
}
END_TEST

START_TEST(mmu)
{
    char *data = extent_addr(r, &e), *guard = extent_addr(r, &g), *text = extent_addr(r, &code);
    ck_assert_int_eq(mprotect(data, PAGE_BYTES, PROT_READ), 0);
    expect_found("in the MMU");
    ck_assert_int_eq(mprotect(data, PAGE_BYTES, PROT_READ | PROT_WRITE), 0);
    ck_assert_int_eq(mprotect(text, PAGE_BYTES, PROT_READ | PROT_WRITE), 0);
    expect_found("in the MMU");
    ck_assert_int_eq(mprotect(text, PAGE_BYTES, PROT_READ | PROT_EXEC), 0);
    ck_assert_int_eq(mprotect(guard + 5 * PAGE_BYTES, PAGE_BYTES, PROT_READ), 0);
    expect_found("in the MMU");
    ck_assert_int_eq(mprotect(guard + 5 * PAGE_BYTES, PAGE_BYTES, PROT_NONE), 0);
    /* Far behind everything that was ever used. */
    char *far = guard + (UINT64_C(5) << 30);
    ck_assert_int_eq(mprotect(far, PAGE_BYTES, PROT_READ), 0);
    expect_found("in the MMU");
    ck_assert_int_eq(munmap(far, PAGE_BYTES), 0);
    expect_found("hole in the region");
    ck_assert_ptr_eq(mmap(far, PAGE_BYTES, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0),
                     far);
    char *last = r->base + r->bytes - PAGE_BYTES;
    ck_assert_int_eq(munmap(last, PAGE_BYTES), 0);
    struct diag why;
    diag_clear(&why);
    ck_assert_int_eq(region_audit(r, &why), E_AUDIT);
    ck_assert_ptr_eq(mmap(last, PAGE_BYTES, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0),
                     last);
}
END_TEST

static Suite *audit_suite(void)
{
    Suite *s = suite_create("audit");
    TCase *t = tcase_create("audit");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, page_table);
    tcase_add_test(t, extents);
    tcase_add_test(t, counts);
    tcase_add_test(t, mmu);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(audit_suite(), "kernel_audit");
}
