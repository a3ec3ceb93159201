/* Pages: owners, zeroing, quotas of addresses, growth, failure of every request. */
#include "tests/unit/kernel_test.h"
#include "runtime/kernel/pages_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(creation)
{
    struct region *r;
    struct diag why;
    diag_clear(&why);
    struct region_config huge = {.compact_bytes = UINT64_C(1) << 50};
    ck_assert_int_eq(region_create(&huge, &r, &why), E_CONFIG);
    diag_clear(&why);
    struct region_config too_many = {.windows = UINT32_MAX};
    ck_assert_int_eq(region_create(&too_many, &r, &why), E_CONFIG);
    /* More than the processor can address: the system refuses what the tables could describe. */
    diag_clear(&why);
    struct region *all[64];
    size_t n = 0;
    struct region_config big = {.compact_bytes = UINT64_C(1) << 43, .windows = 1000};
    while (n < ARRAY_LEN(all) && region_create(&big, &all[n], &why) == OK)
        n++;
    ck_assert_uint_lt(n, ARRAY_LEN(all));
    ck_assert_int_eq(why.code, E_NOMEM);
    ck_assert_ptr_nonnull(strstr(why.detail, "MiB of addresses"));
    while (n)
        region_destroy(all[--n]);
    r = small_region();
    assert_audit(r);
    ck_assert_uint_eq(stats_of(r).committed, 0);
    region_destroy(r);
    region_destroy(NULL);
}
END_TEST

START_TEST(wrong_requests)
{
    struct region *r = small_region();
    struct extent e = {0}, zero = {0};
    enum page_zone zones[] = {ZONE_COMPACT, ZONE_GUARD};
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(extent_reserve(r, zones[i], 16, 1, RW | PAGE_X, &e), E_ARGUMENT);
        ck_assert_int_eq(extent_reserve(r, zones[i], 16, 1, PAGE_W | PAGE_X, &e), E_ARGUMENT);
        ck_assert_int_eq(extent_reserve(r, zones[i], 16, 1, PAGE_DIRTY, &e), E_ARGUMENT);
        ck_assert_int_eq(extent_reserve(r, zones[i], 16, 0, RW, &e), E_ARGUMENT);
        ck_assert_int_eq(extent_reserve(r, zones[i], OWNER_NONE, 1, RW, &e), E_ARGUMENT);
        ck_assert_int_eq(extent_reserve(r, zones[i], OWNER_MAX + 1, 1, RW, &e), E_ARGUMENT);
        ck_assert_int_eq(extent_reserve(r, zones[i], 16, UINT32_MAX, RW, &e), E_NOMEM);
    }
    ck_assert_int_eq(extent_reserve(r, ZONE_COMPACT, 16, 65537, RW, &e), E_NOMEM);
    ck_assert_int_eq(memcmp(&e, &zero, sizeof e), 0);
    extent_release(r, &e);
    e = make(r, ZONE_COMPACT, 16, 5, 0);
    ck_assert_uint_eq(e.npages, 8);
    ck_assert_int_eq(extent_commit(r, &e, 9), E_LIMIT);
    ck_assert_int_eq(extent_commit(r, &e, 3), OK);
    ck_assert_int_eq(extent_commit(r, &e, 6), E_LIMIT);
    ck_assert_int_eq(extent_commit(r, &e, 0), OK);
    ck_assert_uint_eq(e.committed, 3);
    extent_release(r, &e);
    struct extent w[4];
    for (int i = 0; i < 4; i++)
        w[i] = make(r, ZONE_GUARD, 16 + (uint32_t)i, 65536, 16);
    ck_assert_uint_eq(stats_of(r).windows_used, 4);
    ck_assert_int_eq(extent_reserve(r, ZONE_GUARD, 16, 1, RW, &e), E_NOMEM);
    extent_release(r, &w[2]);
    w[2] = make(r, ZONE_GUARD, 99, 65536, 16);
    assert_audit(r);
    for (int i = 0; i < 4; i++)
        extent_release(r, &w[i]);
    assert_audit(r);
    region_destroy(r);
}
END_TEST

START_TEST(owners_and_rights)
{
    struct region *r = small_region();
    int outside;
    struct extent e = make(r, ZONE_COMPACT, 77, 4, 2), g = make(r, ZONE_GUARD, 78, 4, 2);
    char *p = extent_addr(r, &e), *q = extent_addr(r, &g);
    ck_assert_uint_eq(page_owner(r, p), 77);
    ck_assert_uint_eq(page_owner(r, p + 8191), 77);
    ck_assert_uint_eq(page_owner(r, p + 8192), OWNER_NONE);
    ck_assert_uint_eq(page_rights(r, p), RW);
    ck_assert_uint_eq(page_owner(r, q + 4096), 78);
    ck_assert_uint_eq(page_rights(r, q + 8192), 0);
    ck_assert_uint_eq(page_owner(r, &outside), OWNER_NONE);
    ck_assert_uint_eq(page_rights(r, &outside), 0);
    ck_assert(!region_is_guard(r, p) && region_is_guard(r, q) && !region_is_guard(r, &outside));
    ck_assert(region_is_guard(r, q + 2 * (UINT64_C(1) << 32) + 16));
    ck_assert(!region_is_guard(r, (char *)region_base(r) - 1));
    extent_decommit(r, &e, 1);
    ck_assert_uint_eq(page_owner(r, p + 4096), OWNER_NONE);
    extent_decommit(r, &g, 2);
    ck_assert_uint_eq(page_owner(r, q), OWNER_NONE);
    ck_assert_uint_eq(stats_of(r).committed, 1);
    assert_audit(r);
    extent_release(r, &e);
    extent_release(r, &g);
    region_destroy(r);
}
END_TEST

/* INV-3, for runs that are cleared by us and runs that are cleared by the system. */
START_TEST(zero_before_reuse)
{
    struct region *r = small_region();
    static const uint32_t sizes[] = {1, 16, 100, 1024, 5000};
    for (int zone = ZONE_COMPACT; zone <= ZONE_GUARD; zone++)
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            struct extent e = make(r, (enum page_zone)zone, 20, sizes[i], sizes[i]);
            void *at = extent_addr(r, &e);
            ck_assert(all_bytes(r, &e, 0));
            memset(at, 0xa5, extent_bytes(&e));
            extent_decommit(r, &e, sizes[i] / 2);
            ck_assert(all_bytes(r, &e, 0xa5));
            ck_assert_int_eq(extent_commit(r, &e, sizes[i] / 2), OK);
            const char *again = (char *)at + ((size_t)(sizes[i] - sizes[i] / 2) << PAGE_SHIFT);
            for (size_t b = 0; b < (size_t)(sizes[i] / 2) << PAGE_SHIFT; b += 64)
                ck_assert_int_eq(again[b], 0);
            memset(at, 0xa5, extent_bytes(&e));
            extent_release(r, &e);
            struct extent f = make(r, (enum page_zone)zone, 21, sizes[i], sizes[i]);
            ck_assert_ptr_eq(extent_addr(r, &f), at); /* so the test tests something */
            ck_assert(all_bytes(r, &f, 0));
            extent_release(r, &f);
            assert_audit(r);
        }
    region_destroy(r);
}
END_TEST

/* The last pages are committed first; everything else is as with other extents. */
START_TEST(downwards)
{
    struct region *r = small_region();
    struct extent e;
    ck_assert_int_eq(extent_reserve_down(r, 16, 16, RW, &e), OK);
    char *base = extent_addr(r, &e), *end = base + 16 * PAGE_BYTES;
    ck_assert_ptr_eq(extent_low(r, &e), end);
    for (uint32_t n = 1; n <= 16; n++) {
        ck_assert_int_eq(extent_commit(r, &e, 1), OK);
        char *low = extent_low(r, &e);
        ck_assert_ptr_eq(low, end - n * PAGE_BYTES);
        ck_assert_uint_eq(page_owner(r, low), 16);
        if (n < 16)
            ck_assert_uint_eq(page_owner(r, low - 1), OWNER_NONE);
        for (size_t i = 0; i < PAGE_BYTES; i++)
            ck_assert_int_eq(low[i], 0);
        memset(low, 0x5a, PAGE_BYTES);
        assert_audit(r);
    }
    ck_assert_int_eq(extent_commit(r, &e, 1), E_LIMIT);
    extent_decommit(r, &e, 13);
    ck_assert_ptr_eq(extent_low(r, &e), end - 3 * PAGE_BYTES);
    ck_assert_uint_eq(page_owner(r, end - 4 * PAGE_BYTES), OWNER_NONE);
    ck_assert_uint_eq(page_owner(r, end - 3 * PAGE_BYTES), 16);
    assert_audit(r);
    ck_assert_int_eq(extent_protect(r, &e, PAGE_R), OK);
    ck_assert_uint_eq(page_rights(r, end - 1), PAGE_R);
    ck_assert_int_eq((end - 3 * PAGE_BYTES)[0], 0x5a);
    assert_audit(r);
    extent_release(r, &e);
    assert_audit(r);
    region_destroy(r);
}
END_TEST

/* Pages of one extent with rights of their own get back those of free pages with the others. */
START_TEST(rights_of_a_part)
{
    struct region *r = small_region();
    struct extent e = make(r, ZONE_COMPACT, OWNER_CODE, 8, 5);
    char *p = extent_addr(r, &e);
    ck_assert_int_eq(extent_protect_part(r, &e, 0, 2, RX), E_ARGUMENT);
    ck_assert_int_eq(extent_protect(r, &e, PAGE_R), OK);
    ck_assert_int_eq(extent_protect_part(r, &e, 1, 2, RW | PAGE_X), E_ARGUMENT);
    ck_assert_int_eq(extent_protect_part(r, &e, 1, 2, RX), OK);
    for (uint32_t i = 0; i < 5; i++)
        ck_assert_uint_eq(page_rights(r, p + i * PAGE_BYTES), i == 1 || i == 2 ? RX : PAGE_R);
    assert_audit(r);
    extent_release(r, &e);
    assert_audit(r);
    struct extent again = make(r, ZONE_COMPACT, 16, 8, 8);
    memset(extent_addr(r, &again), 1, extent_bytes(&again));
    extent_release(r, &again);
    region_destroy(r);
}
END_TEST

START_TEST(write_xor_execute)
{
    struct region *r = small_region();
    for (int zone = ZONE_COMPACT; zone <= ZONE_GUARD; zone++) {
        struct extent e = make(r, (enum page_zone)zone, OWNER_CODE, 4, 2);
        char *p = extent_addr(r, &e);
        memset(p, 0x5a, extent_bytes(&e));
        ck_assert_int_eq(extent_protect(r, &e, RW | PAGE_X), E_ARGUMENT);
        ck_assert_uint_eq(page_rights(r, p), RW);
        ck_assert_int_eq(extent_protect(r, &e, RX), OK);
        ck_assert_int_eq(extent_protect(r, &e, RX), OK);
        ck_assert_uint_eq(page_rights(r, p), RX);
        ck_assert_int_eq(p[8191], 0x5a);
        assert_audit(r);
        pid_t child = fork();
        if (child == 0) {
            close(2); /* sanitizers report what is wanted here */
            *(volatile char *)p = 1;
            _exit(0);
        }
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(status != 0, "code was written");
        ck_assert_int_eq(extent_commit(r, &e, 1), OK); /* with the new rights */
        ck_assert_uint_eq(page_rights(r, p + 8192), RX);
        assert_audit(r);
        if (zone == ZONE_COMPACT)
            ck_assert_int_eq(extent_move(r, &e, 8), E_ARGUMENT);
        extent_release(r, &e);
        e = make(r, (enum page_zone)zone, 16, 4, 4);
        ck_assert(all_bytes(r, &e, 0));
        memset(extent_addr(r, &e), 1, extent_bytes(&e));
        extent_release(r, &e);
        assert_audit(r);
    }
    region_destroy(r);
}
END_TEST

START_TEST(growing)
{
    struct region *r = small_region();
    struct extent e = make(r, ZONE_COMPACT, 30, 4, 4);
    memset(extent_addr(r, &e), 7, extent_bytes(&e));
    uint32_t at = e.first;
    ck_assert_int_eq(extent_move(r, &e, 3), OK); /* large enough already */
    ck_assert_int_eq(extent_move(r, &e, 64), OK);
    ck_assert_uint_eq(e.first, at); /* alone: grows where it is */
    ck_assert_uint_eq(e.npages, 64);
    struct extent wall = make(r, ZONE_COMPACT, 31, 64, 1);
    ck_assert_uint_eq(wall.first, 64);
    ck_assert_int_eq(extent_move(r, &e, 65), OK);
    ck_assert_uint_ne(e.first, at);
    ck_assert_uint_eq(e.npages, 128);
    ck_assert(e.committed == 4 && all_bytes(r, &e, 7));
    ck_assert_int_eq(extent_commit(r, &e, 10), OK);
    ck_assert_int_eq(*((char *)extent_addr(r, &e) + 4 * PAGE_BYTES), 0);
    ck_assert_uint_eq(page_owner(r, (char *)region_base(r) + at * PAGE_BYTES), OWNER_NONE);
    assert_audit(r);
    ck_assert_int_eq(extent_move(r, &e, 1u << 17), E_NOMEM);
    ck_assert_int_eq(extent_move(r, &e, UINT32_MAX), E_NOMEM);
    /* Into free blocks that follow: the neighbours' places are taken over. */
    extent_release(r, &wall);
    wall = make(r, ZONE_COMPACT, 32, 1, 1);
    ck_assert_int_eq(extent_move(r, &wall, 32), OK);
    assert_audit(r);
    extent_release(r, &wall);
    extent_release(r, &e);
    assert_audit(r);
    region_destroy(r);
}
END_TEST

START_TEST(limit_of_committed_pages)
{
    struct region *r;
    struct region_config cfg = {.compact_bytes = 64 << 20, .windows = 2, .max_pages = 100};
    ck_assert_int_eq(region_create(&cfg, &r, NULL), OK);
    struct extent e = make(r, ZONE_COMPACT, 16, 200, 60), g = make(r, ZONE_GUARD, 17, 200, 40);
    ck_assert_int_eq(extent_commit(r, &e, 1), E_NOMEM);
    ck_assert_int_eq(extent_commit(r, &g, 1), E_NOMEM);
    extent_decommit(r, &g, 1);
    ck_assert_int_eq(extent_commit(r, &e, 1), OK);
    assert_audit(r);
    extent_release(r, &e);
    extent_release(r, &g);
    region_destroy(r);
}
END_TEST

/* Whoever was promised pages gets them, and nobody else. */
START_TEST(promised_pages)
{
    struct region *r;
    struct region_config cfg = {.compact_bytes = 64 << 20, .windows = 2, .max_pages = 100};
    ck_assert_int_eq(region_create(&cfg, &r, NULL), OK);
    struct extent e = make(r, ZONE_COMPACT, 16, 200, 60), other = make(r, ZONE_COMPACT, 17, 200, 5);
    ck_assert(!region_promise(r, 36));
    ck_assert(region_promise(r, 30));
    ck_assert(!region_promise(r, 6));
    ck_assert_int_eq(extent_commit(r, &other, 6), E_NOMEM);
    ck_assert_int_eq(extent_commit(r, &other, 5), OK);
    ck_assert_int_eq(extent_commit_promised(r, &e, 20), OK);
    ck_assert_int_eq(extent_commit(r, &other, 1), E_NOMEM);
    ck_assert_int_eq(extent_commit_promised(r, &other, 5), OK);
    ck_assert_uint_eq(other.committed, 15);
    region_unpromise(r, 5);
    ck_assert_int_eq(extent_commit(r, &other, 6), E_NOMEM);
    ck_assert_int_eq(extent_commit(r, &other, 5), OK);
    ck_assert(region_promise(r, 0));
    extent_decommit(r, &e, 10);
    ck_assert(region_promise(r, 10));
    struct extent none = make(r, ZONE_COMPACT, 18, 1, 0);
    ck_assert_int_eq(extent_commit_promised(r, &none, 10), E_LIMIT); /* the promise stays */
    ck_assert_int_eq(extent_commit(r, &e, 1), E_NOMEM);
    extent_release(r, &none);
    assert_audit(r);
    region_unpromise(r, 10);
    extent_release(r, &e);
    extent_release(r, &other);
    region_destroy(r);
}
END_TEST

/* Everything that can fail, once each; returns false at the first refusal, with nothing left
 * behind. */
static bool scenario(struct region *r)
{
    struct extent a = {0}, b = {0}, g = {0};
    bool ok =
        extent_reserve(r, ZONE_COMPACT, 16, 4, RW, &a) == OK && extent_commit(r, &a, 3) == OK &&
        extent_reserve(r, ZONE_COMPACT, 17, 4, RW, &b) == OK && extent_commit(r, &b, 4) == OK &&
        extent_move(r, &a, 16) == OK && extent_commit(r, &a, 10) == OK &&
        extent_protect(r, &b, RX) == OK && extent_reserve(r, ZONE_GUARD, 16, 1000, RW, &g) == OK &&
        extent_commit(r, &g, 20) == OK && extent_protect(r, &g, PAGE_R) == OK;
    assert_audit(r);
    extent_release(r, &a);
    extent_release(r, &b);
    extent_release(r, &g);
    return ok;
}

START_TEST(every_request_fails_once)
{
    struct region *r = small_region();
    uint32_t n = 1;
    for (;; n++) {
        region_fail_after(r, n);
        bool ok = scenario(r);
        bool unused = region_fail_after(r, 0);
        ck_assert(ok == unused);
        struct region_stats s = stats_of(r);
        ck_assert(s.committed == 0 && s.extents == 0 && s.windows_used == 0);
        assert_audit(r);
        if (ok)
            break;
    }
    ck_assert_uint_eq(n, CHECK_LEVEL >= 1 ? 11 : 1);
    region_destroy(r);
}
END_TEST

/* Random operations on many extents; each is filled with its owner's pattern, so an overlap would
 * show (INV-2). */
START_TEST(random_operations)
{
    enum { N = 64, STEPS = 20000 };
    struct region *r = small_region();
    struct extent e[N] = {{0}};
    uint64_t seed = 12345;
    for (int step = 0; step < STEPS; step++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint32_t i = (uint32_t)(seed >> 33) % N, x = (uint32_t)(seed >> 40) & 0xff;
        int fill = (int)i + 1;
        if (!e[i].npages) {
            e[i] = make(r, i < 3 ? ZONE_GUARD : ZONE_COMPACT, 16 + i, x + 1, x / 2);
        } else if (x < 80) {
            ck_assert(all_bytes(r, &e[i], fill));
            extent_release(r, &e[i]);
            continue;
        } else if (x < 140 && e[i].committed < e[i].npages) {
            ck_assert_int_eq(extent_commit(r, &e[i], 1 + x % (e[i].npages - e[i].committed)), OK);
        } else if (x < 190) {
            extent_decommit(r, &e[i], e[i].committed / 2);
        } else if (e[i].zone == ZONE_COMPACT && e[i].npages < 2048) {
            ck_assert_int_eq(extent_move(r, &e[i], e[i].npages + x), OK);
        }
        memset(extent_addr(r, &e[i]), fill, extent_bytes(&e[i]));
        if (step % 500 == 0)
            assert_audit(r);
    }
    for (int i = 0; i < N; i++) {
        ck_assert(all_bytes(r, &e[i], i + 1));
        extent_release(r, &e[i]);
    }
    assert_audit(r);
    ck_assert_uint_eq(stats_of(r).committed, 0);
    region_destroy(r);
}
END_TEST

START_TEST(ten_thousand_owners)
{
    enum { N = 10000 };
    struct region *r = small_region();
    struct extent(*e)[3] = calloc(N, sizeof *e);
    static const uint32_t size[3] = {1, 2, 1};
    for (uint32_t i = 0; i < N; i++)
        for (int k = 0; k < 3; k++) {
            e[i][k] = make(r, ZONE_COMPACT, OWNER_PROC + i, size[k], 1);
            *(uint32_t *)extent_addr(r, &e[i][k]) = i;
        }
    assert_audit(r);
    ck_assert_uint_eq(stats_of(r).committed, 3 * N);
    ck_assert_uint_le(stats_of(r).reach, 5 * N); /* packed: no holes but for alignment */
    for (uint32_t i = 0; i < N; i++)
        for (int k = 0; k < 3; k++) {
            ck_assert_uint_eq(*(uint32_t *)extent_addr(r, &e[i][k]), i);
            ck_assert_uint_eq(page_owner(r, extent_addr(r, &e[i][k])), OWNER_PROC + i);
            extent_release(r, &e[i][k]);
        }
    assert_audit(r);
    ck_assert_uint_eq(stats_of(r).committed, 0);
    free(e);
    region_destroy(r);
}
END_TEST

START_TEST(no_growth_over_cycles)
{
    struct region *r = small_region();
    struct region_stats first = {0}, s;
    for (uint32_t i = 0; i < 100000; i++) {
        struct extent a = make(r, ZONE_COMPACT, 16 + i % 7, 16, 16),
                      b = make(r, ZONE_COMPACT, 16 + i % 7, 3, 1 + i % 3);
        *(char *)extent_addr(r, &a) = *(char *)extent_addr(r, &b) = 1;
        extent_release(r, &a);
        extent_release(r, &b);
        s = stats_of(r);
        if (i == 10)
            first = s;
    }
    ck_assert_uint_eq(s.reach, first.reach);
    ck_assert_uint_le(s.dirty_free, 32);
    ck_assert(s.committed == 0 && s.extents == 0);
    assert_audit(r);
    region_destroy(r);
}
END_TEST

START_TEST(surplus_goes_back)
{
    enum { N = 500, EACH = 100 };
    struct region *r = small_region();
    struct extent e[N];
    for (uint32_t i = 0; i < N; i++)
        e[i] = make(r, ZONE_COMPACT, 16 + i, EACH, EACH);
    /* Two of three, so that most chunks stay in use. What is too much goes in pieces. */
    uint64_t most = 0;
    for (uint32_t i = 0; i < N; i++) {
        uint64_t had = stats_of(r).dirty_free + EACH;
        if (i % 3 == 0)
            continue;
        extent_release(r, &e[i]);
        had -= stats_of(r).dirty_free;
        most = had > most ? had : most;
    }
    ck_assert_uint_gt(most, 0);
    ck_assert_uint_le(most, CHUNK_PAGES);
    ck_assert_uint_le(stats_of(r).dirty_free, 16384);
    ck_assert_uint_gt(stats_of(r).dirty_free, 0);
    assert_audit(r);
    region_trim(r);
    ck_assert_uint_eq(stats_of(r).dirty_free, 0);
    assert_audit(r);
    for (uint32_t i = 0; i < N; i += 3)
        extent_release(r, &e[i]);
    /* A large memory goes back at once. */
    uint64_t before = stats_of(r).dirty_free;
    struct extent big = make(r, ZONE_COMPACT, 16, 8192, 8192);
    uint64_t taken = before - stats_of(r).dirty_free;
    extent_release(r, &big);
    ck_assert_uint_le(stats_of(r).dirty_free, before - taken);
    assert_audit(r);
    region_destroy(r);
}
END_TEST

static Suite *pages_suite(void)
{
    Suite *s = suite_create("pages");
    TCase *t = tcase_create("pages");
    tcase_set_timeout(t, 100);
    tcase_add_test(t, creation);
    tcase_add_test(t, wrong_requests);
    tcase_add_test(t, owners_and_rights);
    tcase_add_test(t, zero_before_reuse);
    tcase_add_test(t, downwards);
    tcase_add_test(t, rights_of_a_part);
    tcase_add_test(t, write_xor_execute);
    tcase_add_test(t, growing);
    tcase_add_test(t, limit_of_committed_pages);
    tcase_add_test(t, promised_pages);
    tcase_add_test(t, every_request_fails_once);
    tcase_add_test(t, random_operations);
    tcase_add_test(t, ten_thousand_owners);
    tcase_add_test(t, no_growth_over_cycles);
    tcase_add_test(t, surplus_goes_back);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    return run_suite(pages_suite(), "kernel");
}
