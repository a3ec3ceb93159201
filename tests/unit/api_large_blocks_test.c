/* Large blocks that come and go: who makes one waits, a piece at a time, until as much of those
 * before has gone as it will have. */
#include <check.h>

#include "include/singula.h"
#include "runtime/api_int.h"
#include "runtime/kernel/sched.h"
#include "tests/suite.h"
#include "tests/unit/wat_module.h"

enum { BYTES = 64 << 20, ROUNDS = 300, PAGE = 4096 };

static const char contract[] = "block Bulk { bytes: u8[]; }\n";
static const char text[] =
    "(module"
    " (import \"singula/Bulk\" \"new\" (func $new (param i32) (result externref)))"
    " (import \"singula/Bulk\" \"free\" (func $free (param externref)))"
    " (import \"test\" \"look\" (func $look))"
    " (func (export \"_start\") (local $i i32)"
    "  (loop $l (call $free (call $new (i32.const 67108864)))"
    "   (call $look)"
    "   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i)"
    "    (i32.const 1))) (i32.const 300))))))";

static struct singula_diag why;

/* What there is was asked for in this round or the last; the next piece is followed by a pause. */
static int look(struct singula_sip *sip, void *ctx, uint64_t *slots)
{
    (void)slots;
    struct region_stats now;
    uint32_t *rounds = ctx;
    region_stats(sip->sip->rt->region, &now);
    ck_assert_uint_lt(now.committed, 3 * BYTES / PAGE);
    ++*rounds;
    proc_give_way(&sip->sip->proc);
    return 0;
}

START_TEST(they_do_not_pile_up)
{
    static const int engines[] = {SINGULA_ENGINE_INTERP, SINGULA_ENGINE_NATIVE};
    struct singula_config cfg = {.engine = engines[_i / 2],
                                 .no_cache = true,
                                 .workers = 1 + (uint32_t)_i % 2,
                                 .exchange_bytes = 2 * (uint64_t)BYTES};
    struct singula_spawn opt = {.max_block_bytes = 2 * (uint64_t)BYTES};
    struct singula_system *sys;
    struct singula_sip *sip;
    uint32_t rounds = 0;
    ck_assert_int_eq(singula_system_create(&cfg, &sys, &why), 0);
    ck_assert_int_eq(singula_host_function(sys, "test", "look", ":", look, &rounds, &why), 0);
    struct singula_module *m = wat_module(text, contract);
    ck_assert_msg(singula_spawn(sys, m, &opt, &sip, &why) == 0, "%s", why.detail);
    ck_assert_int_eq(singula_run(sys, NULL, SINGULA_FOREVER), SINGULA_RUN_DONE);
    ck_assert_int_eq(singula_sip_state(sip), SINGULA_EXITED);
    ck_assert_uint_eq(rounds, ROUNDS);
    if (cfg.workers == 1) /* nobody else has it leave: it has paused in each of them */
        ck_assert_uint_gt(sip->sip->proc.slices, ROUNDS / 2);
    ck_assert_msg(singula_audit(sys, &why) == 0, "%s", why.detail);
    singula_system_destroy(sys);
    singula_module_destroy(m);
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("api_large_blocks: skipped: no wat2wasm (package wabt)\n");
        return 77;
    }
    Suite *s = suite_create("api_large_blocks");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 100);
    tcase_add_loop_test(t, they_do_not_pile_up, 0, 4);
    suite_add_tcase(s, t);
    return run_suite(s, "api_large_blocks");
}
