/* Pages that are cleared and given back: when, and by whom. */
#include <sys/mman.h>

#include "runtime/kernel/pages_int.h"
#include "tests/unit/kernel_test.h"

/* Every other page of a run holds something: more runs than are remembered. */
START_TEST(zero_where_every_other_page_is_dirty)
{
    enum { N = 8 * DIRTY_RUNS };
    struct region *r = small_region();
    struct extent e[N], all;
    for (uint32_t i = 0; i < N; i++) {
        e[i] = make(r, ZONE_COMPACT, 16, 1, i % 2);
        memset(extent_addr(r, &e[i]), 0xa5, extent_bytes(&e[i]));
    }
    for (uint32_t i = 0; i < N; i++)
        extent_release(r, &e[i]);
    ck_assert_uint_eq(stats_of(r).dirty_free, N / 2);
    all = make(r, ZONE_COMPACT, 17, N, N);
    ck_assert_uint_eq(all.first, 0);
    ck_assert(all_bytes(r, &all, 0));
    ck_assert_uint_eq(stats_of(r).dirty_free, 0);
    assert_audit(r);
    extent_release(r, &all);
    region_destroy(r);
}
END_TEST

/* What is done under the lock clears nothing and gives nothing to the system. */
START_TEST(pages_are_cleared_without_the_lock)
{
    enum { N = 2000 };
    struct region *r = small_region();
    struct dirty_runs d = {.n = 0};
    struct extent e = make(r, ZONE_COMPACT, 16, N, 500);
    const unsigned char *p = extent_addr(r, &e);
    memset(extent_addr(r, &e), 1, extent_bytes(&e));
    extent_decommit(r, &e, 500);
    ck_assert_int_eq(pages_allow(r, &e, 500), OK);
    pages_take(r, &e, 500, &d);
    ck_assert_uint_eq(page_owner(r, p), 16);
    ck_assert(d.n == 1 && all_bytes(r, &e, 1));
    pages_clear(r, &d);
    ck_assert(all_bytes(r, &e, 0));
    ck_assert_int_eq(extent_commit(r, &e, N - 500), OK);
    memset(extent_addr(r, &e), 1, extent_bytes(&e));
    ck_assert(pages_empty(r, &e, N));
    ck_assert_uint_eq(page_owner(r, p), 16);
    ck_assert(all_bytes(r, &e, 0));
    pages_give(r, &e, N, true);
    ck_assert_uint_eq(stats_of(r).dirty_free, 0);
    assert_audit(r);
    extent_release(r, &e);
    region_destroy(r);
}
END_TEST

/* Who gives much back that goes to the system by itself does not do so with what others gave. */
START_TEST(surplus_of_others_goes_back_bit_by_bit)
{
    enum { N = 40, BIG = 20000 };
    struct region *r = small_region();
    struct extent e[N], big = make(r, ZONE_COMPACT, 16, BIG, BIG);
    for (uint32_t i = 0; i < N; i++)
        e[i] = make(r, ZONE_COMPACT, 17, 512, 512);
    for (uint32_t i = 0; i < N && !r->trimming; i++)
        extent_release(r, &e[i]);
    uint64_t before = stats_of(r).dirty_free;
    ck_assert(r->trimming && before > 10000);
    extent_release(r, &big);
    ck_assert_uint_lt(stats_of(r).dirty_free, before);
    ck_assert_uint_gt(stats_of(r).dirty_free, before - 2000);
    for (uint32_t i = 0; i < N; i++)
        extent_release(r, &e[i]);
    assert_audit(r);
    region_destroy(r);
}
END_TEST

/* Whoever writes to one page is given one: larger ones take the system long to clear. */
START_TEST(pages_are_given_out_one_by_one)
{
    enum { N = 2048 };
    unsigned char there[N];
    struct region *r = small_region();
    for (int zone = ZONE_COMPACT; zone <= ZONE_GUARD; zone++) {
        uint32_t n = 0;
        struct extent e = make(r, (enum page_zone)zone, 16, N, N);
        char *p = extent_addr(r, &e);
        p[N / 2 * PAGE_BYTES] = 1;
        ck_assert_int_eq(mincore(p, N * PAGE_BYTES, there), 0);
        for (uint32_t i = 0; i < N; i++)
            n += there[i] & 1;
        ck_assert_uint_eq(n, 1);
        extent_release(r, &e);
    }
    region_destroy(r);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("clear");
    TCase *t = tcase_create("clear");
    tcase_set_timeout(t, 100);
    tcase_add_test(t, zero_where_every_other_page_is_dirty);
    tcase_add_test(t, pages_are_cleared_without_the_lock);
    tcase_add_test(t, pages_are_given_out_one_by_one);
    tcase_add_test(t, surplus_of_others_goes_back_bit_by_bit);
    suite_add_tcase(s, t);
    return run_suite(s, "kernel_clear");
}
