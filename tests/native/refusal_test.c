/* What becomes of it when LLVM refuses: whichever of its passes or parts it is, the whole is
 * refused with LLVM's words, and nothing is left over.
 *
 * LLVM has no reason to refuse what we give it, so the linker leads the two functions that can say
 * no through here. (LLVM's headers are for runtime/compiler/ alone.) */
#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/native/jit.h"
#include "tests/unit/wat.h"
#include "verifier/verify.h"

void *LLVMCreateStringError(const char *text);
char *LLVMCreateMessage(const char *text);
void *__real_LLVMRunPasses(void *mod, const char *passes, void *tm, void *options);
void *__wrap_LLVMRunPasses(void *mod, const char *passes, void *tm, void *options);
int __real_LLVMTargetMachineEmitToMemoryBuffer(void *tm, void *mod, int kind, char **error,
                                               void *out);
int __wrap_LLVMTargetMachineEmitToMemoryBuffer(void *tm, void *mod, int kind, char **error,
                                               void *out);

static struct {
    _Atomic uint32_t asked; /* so far, by several threads */
    uint32_t at;            /* which is refused */
} of[2];
enum { PASSES, EMIT };

static bool refused(int which)
{
    return atomic_fetch_add(&of[which].asked, 1) + 1 == of[which].at;
}

void *__wrap_LLVMRunPasses(void *mod, const char *passes, void *tm, void *options)
{
    if (refused(PASSES))
        return LLVMCreateStringError("no such pass today");
    return __real_LLVMRunPasses(mod, passes, tm, options);
}

int __wrap_LLVMTargetMachineEmitToMemoryBuffer(void *tm, void *mod, int kind, char **error,
                                               void *out)
{
    if (!refused(EMIT))
        return __real_LLVMTargetMachineEmitToMemoryBuffer(tm, mod, kind, error, out);
    *error = LLVMCreateMessage("no code today");
    return 1;
}

enum { FUNCS = 500 }; /* several parts */

static struct verified_module *module(void)
{
    static char text[FUNCS * 200 + 100];
    struct verified_module *m;
    struct diag why;
    size_t n, at = (size_t)snprintf(text, sizeof text, "(module (memory 1)");
    for (int i = 0; i < FUNCS; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "(func (export \"f%d\") (param i32) (result i32)"
                               " (i32.store (i32.const %d) (local.get 0)) (i32.mul (i32.load"
                               " (local.get 0)) (i32.add (local.get 0) (i32.const %d))))",
                               i, 4 * i, 123456 + i);
    snprintf(text + at, sizeof text - at, ")");
    uint8_t *bytes = wat_binary(text, &n);
    diag_clear(&why);
    ck_assert_int_eq(verify(bytes, n, NULL, &m, &why), OK);
    free(bytes);
    return m;
}

START_TEST(llvm_refuses)
{
    static const char *const words[] = {"LLVM: no such pass today", "LLVM: no code today"};
    struct verified_module *m = module();
    for (int which = PASSES; which <= EMIT; which++) {
        enum status st = E_COMPILER;
        uint32_t refusals = 0;
        for (uint32_t k = 1; st != OK; k++) {
            const uint8_t *image = NULL;
            struct diag why;
            diag_clear(&why);
            memset(of, 0, sizeof of);
            of[which].at = k;
            st = jit_image(IMAGE_FULL, m, MEMORY_GUARD, false, NULL, &image, &why);
            if (st == OK) { /* it was not asked so often */
                ck_assert_uint_lt(of[which].asked, k);
                free((void *)(uintptr_t)image);
                break;
            }
            refusals++;
            ck_assert_int_eq(st, E_COMPILER);
            ck_assert_str_eq(why.detail, words[which]);
            ck_assert_ptr_null(image);
        }
        ck_assert_uint_ge(refusals, 2);
    }
    verified_destroy(m);
}
END_TEST

int main(void)
{
    if (!wat_available())
        return 77;
    Suite *s = suite_create("llvm-refusal");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, llvm_refuses);
    suite_add_tcase(s, t);
    return run_suite(s, "llvm-refusal");
}
