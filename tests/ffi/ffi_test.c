/* Bindings of C functions: signatures, values in and out, and every refusal with its place.
 * usage: ffi_test LIBRARY */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/engine/hostcall.h"
#include "tests/suite.h"

static const char *library;

static struct ffi_binding *bind(const char *text)
{
    char full[4096];
    struct ffi_binding *b = NULL;
    struct diag why;
    diag_clear(&why);
    snprintf(full, sizeof full, "%s:%s", library, text);
    ck_assert_msg(ffi_bind(full, &b, &why) == OK, "%s: %s", text, why.detail);
    return b;
}

/* Calls it with the slots; the first result slot. */
static uint64_t call(const char *text, uint64_t *slots)
{
    struct ffi_binding *b = bind(text);
    const struct hostcall *h = ffi_hostcall(b);
    ck_assert_int_eq(h->fn(NULL, NULL, h->data, slots), HOST_OK);
    ffi_unbind(b);
    return slots[0];
}

static uint64_t bits_f32(float v)
{
    uint32_t u;
    memcpy(&u, &v, sizeof u);
    return u;
}

static uint64_t bits_f64(double v)
{
    uint64_t u;
    memcpy(&u, &v, sizeof u);
    return u;
}

START_TEST(test_values)
{
    ck_assert_uint_eq(call("sample_answer()->i32", (uint64_t[]){99}), 42);
    ck_assert_uint_eq(call("sample_mixed(i32, f64, i64, f32) -> i64",
                           (uint64_t[]){(uint32_t)-1, bits_f64(2.5), (uint64_t)-3, bits_f32(4)}),
                      (uint64_t)(-1 + 20 - 300 + 4000));
    ck_assert_uint_eq(call("sample_half(f32)->f32", (uint64_t[]){bits_f32(3)}), bits_f32(1.5f));
    ck_assert_uint_eq(call("sample_hypot(f64,f64)->f64", (uint64_t[]){bits_f64(3), bits_f64(4)}),
                      bits_f64(5));
    ck_assert_uint_eq(call("sample_u32(u32)->u32", (uint64_t[]){5}), UINT32_MAX - 5);
    ck_assert_uint_eq(call("sample_u64(u64)->u64", (uint64_t[]){5}), UINT64_MAX - 5);
}
END_TEST

/* i32 results are zero-extended in their slot whatever the width and sign of the C type. */
START_TEST(test_narrow)
{
    ck_assert_uint_eq(call("sample_i8(i8,i8)->i8", (uint64_t[]){100, 100}), (uint32_t)-56);
    ck_assert_uint_eq(call("sample_i8(i8,i8)->i8", (uint64_t[]){0x1ff, 0}), UINT32_MAX);
    ck_assert_uint_eq(call("sample_u8(u8,u8)->u8", (uint64_t[]){200, 100}), 44);
    ck_assert_uint_eq(call("sample_i16(i16)->i16", (uint64_t[]){1}), UINT32_MAX);
    ck_assert_uint_eq(call("sample_u16(u16)->u16", (uint64_t[]){1}), 0xfffe);
}
END_TEST

START_TEST(test_no_result)
{
    uint64_t slots[] = {7};
    call("sample_store(i32)", slots);
    ck_assert_uint_eq(slots[0], 7); /* nothing is written */
    /* the library may have been unloaded in between, so store and read within one load */
    struct ffi_binding *keep = bind("sample_stored()->i32");
    call("sample_store(i32)", (uint64_t[]){(uint32_t)-8});
    ck_assert_uint_eq(call("sample_stored()->i32", (uint64_t[]){0}), (uint32_t)-8);
    ffi_unbind(keep);
}
END_TEST

/* 32 parameters, registers and stack: i32 f64 i32 f64, then seven times i64 f32 i32 f64. */
START_TEST(test_many)
{
    uint64_t slots[32];
    char text[256] = "sample_many(i32,f64,i32,f64";
    double want = 0;
    for (int i = 0; i < 7; i++)
        strcat(text, ",i64,f32,i32,f64");
    strcat(text, ")->f64");
    for (int i = 0; i < 32; i++) {
        int v = i * 3 - 20;
        want += v * (i + 1);
        if (i % 2)
            slots[i] = i > 4 && i % 4 == 1 ? bits_f32((float)v) : bits_f64(v);
        else
            slots[i] = i >= 4 && i % 4 == 0 ? (uint64_t)v : (uint32_t)v;
    }
    ck_assert_uint_eq(call(text, slots), bits_f64(want));
}
END_TEST

/* Parameters in registers (no libffi) and one too many, with every kind of result. */
START_TEST(test_mixtures)
{
    static const struct {
        const char *name, *types;
    } rows[] = {
        {"i2d3", "f64,i64,f32,i32,f64"},
        {"i4", "i32,i64,u32,i64"},
        {"d1", "f32"},
        {"d3", "f32,f64,f32"},
        {"i6d8", "i64,f64,i32,f32,i64,f64,i64,f32,i32,f64,i64,f64,f32,f64"},
        {"i7", "i64,i64,i64,i64,i64,i64,i64"},
    };
    for (size_t k = 0; k < ARRAY_LEN(rows); k++)
        for (int result = 0; result < 4; result++) {
            uint64_t slots[16] = {0};
            char text[256];
            double want = 0;
            int n = 0;
            for (const char *t = rows[k].types; t; t = strchr(t, ',')) {
                t += *t == ',';
                int v = strncmp(t, "u32", 3) == 0 ? 5 : (n * 7 - 20) * (n % 2 ? -1 : 1);
                slots[n++] = strncmp(t, "f64", 3) == 0   ? bits_f64(v)
                             : strncmp(t, "f32", 3) == 0 ? bits_f32((float)v)
                             : strncmp(t, "i64", 3) == 0 ? (uint64_t)v
                                                         : (uint32_t)v;
                want += n * v;
            }
            snprintf(text, sizeof text, "sample_%c_%s(%s)->%s", "difb"[result], rows[k].name,
                     rows[k].types, (const char *[]){"f64", "i32", "f32", "i8"}[result]);
            uint64_t bits[] = {bits_f64(want), (uint32_t)(int32_t)want, bits_f32((float)want),
                               (uint64_t)(uint32_t)(int8_t)(int32_t)want};
            ck_assert_msg(call(text, slots) == bits[result], "%s", text);
        }
}
END_TEST

/* How long a call takes, with libffi and without. */
START_TEST(test_cost)
{
    static const char *const texts[] = {"sample_u64(u64)->u64", "sample_u16(u16)->u16"};
    double ns[2] = {1e9, 1e9};
    enum { N = 20000 };
    for (int round = 0; round < 40; round++) {
        struct ffi_binding *b = bind(texts[round % 2]);
        const struct hostcall *h = ffi_hostcall(b);
        uint64_t slots[1] = {1};
        struct timespec t[2];
        clock_gettime(CLOCK_MONOTONIC, &t[0]);
        for (int i = 0; i < N; i++)
            (void)h->fn(NULL, NULL, h->data, slots);
        clock_gettime(CLOCK_MONOTONIC, &t[1]);
        double took =
            ((double)(t[1].tv_sec - t[0].tv_sec) * 1e9 + (double)(t[1].tv_nsec - t[0].tv_nsec)) /
            (double)N;
        ns[round % 2] = took < ns[round % 2] ? took : ns[round % 2];
        ffi_unbind(b);
    }
    printf("a bound C function takes %.1f ns, by way of libffi %.1f ns\n", ns[0], ns[1]);
    ck_assert(ns[0] < 1000 && ns[1] < 2000);
}
END_TEST

START_TEST(test_names)
{
    struct ffi_binding *b = bind("sample_mixed(i32,f64,i64,f32)->i64");
    ck_assert_str_eq(ffi_module(b), "env");
    ck_assert_str_eq(ffi_name(b), "sample_mixed");
    ck_assert_str_eq(ffi_type_text(b), "iFIf:I");
    ck_assert_str_eq(ffi_hostcall(b)->module, "env");
    ffi_unbind(b);
    b = bind("my mod.1!sample_store( u8 )");
    ck_assert_str_eq(ffi_module(b), "my mod.1");
    ck_assert_str_eq(ffi_name(b), "sample_store");
    ck_assert_str_eq(ffi_type_text(b), "i:");
    ck_assert_str_eq(ffi_hostcall(b)->name, "sample_store");
    ffi_unbind(b);
    ffi_unbind(NULL);
}
END_TEST

/* A bare name is searched as the system's loader does, then in the current directory. */
START_TEST(test_search)
{
    struct ffi_binding *b = NULL;
    ck_assert_int_eq(ffi_bind("libm.so.6:hypot(f64,f64)->f64", &b, NULL), OK);
    uint64_t slots[] = {bits_f64(5), bits_f64(12)};
    const struct hostcall *h = ffi_hostcall(b);
    ck_assert_int_eq(h->fn(NULL, NULL, h->data, slots), HOST_OK);
    ck_assert_uint_eq(slots[0], bits_f64(13));
    ffi_unbind(b);

    char dir[4096], text[4096];
    snprintf(dir, sizeof dir, "%s", library);
    char *slash = strrchr(dir, '/');
    ck_assert_ptr_nonnull(slash);
    *slash = '\0';
    ck_assert_int_eq(chdir(dir), 0);
    snprintf(text, sizeof text, "%s:sample_answer()->i32", slash + 1);
    ck_assert_int_eq(ffi_bind(text, &b, NULL), OK);
    ffi_unbind(b);
}
END_TEST

static const struct refusal {
    const char *text; /* "L" at its start stands for the library */
    enum status code;
    uint32_t column; /* 0: none; counted with "L" as one character */
    const char *detail;
} refusals[] = {
    {"", E_ARGUMENT, 1, "parameter list is missing"},
    {"L:sample_answer", E_ARGUMENT, 16, "parameter list is missing"},
    {"sample_answer()", E_ARGUMENT, 1, "library's name and a colon"},
    {":f()", E_ARGUMENT, 1, "library's name is missing"},
    {"L:()", E_ARGUMENT, 3, "function's name is missing"},
    {"L:!f()", E_ARGUMENT, 3, "module's name is missing"},
    {"L:m!()", E_ARGUMENT, 5, "function's name is missing"},
    {"L:f g()", E_ARGUMENT, 4, "not part of a C function's name"},
    {"L:f-g()", E_ARGUMENT, 4, "not part of a C function's name"},
    {"L:f(i32", E_ARGUMENT, 8, "`,` or `)` expected"},
    {"L:f(i32 f32)", E_ARGUMENT, 9, "`,` or `)` expected"},
    {"L:f(i32,)", E_ARGUMENT, 9, "unknown type"},
    {"L:f(int)", E_ARGUMENT, 5, "unknown type"},
    {"L:f(i32,externref)", E_ARGUMENT, 9, "unknown type"},
    {"L:f(i3)", E_ARGUMENT, 5, "unknown type"},
    {"L:f(i322)", E_ARGUMENT, 5, "unknown type"},
    {"L:f()->", E_ARGUMENT, 8, "unknown type"},
    {"L:f()->v128", E_ARGUMENT, 8, "unknown type"},
    {"L:f()->i32 x", E_ARGUMENT, 12, "goes on"},
    {"L:f() i32", E_ARGUMENT, 7, "goes on"},
    {"L:f(i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,"
     "i32,i32,i32,i32,i32,i32,i32,i32,i32,i32,i32)",
     E_ARGUMENT, 133, "more than 32 parameters"},
    {"/nowhere/libnone.so:f()", E_IO, 0, "/nowhere/libnone.so"},
    {"libnone-of-that-name.so:f()", E_IO, 0, "libnone-of-that-name.so"},
    {"L:sample_absent(i32)->i32", E_NO_EXPORT, 0, "no function sample_absent"},
};

START_TEST(test_refusal)
{
    const struct refusal *r = &refusals[_i];
    char text[8192];
    bool stands = r->text[0] == 'L';
    struct ffi_binding *b = NULL;
    struct diag why;
    diag_clear(&why);
    snprintf(text, sizeof text, "%s%s", stands ? library : "", r->text + stands);
    ck_assert_int_eq(ffi_bind(text, &b, &why), r->code);
    ck_assert_ptr_null(b);
    ck_assert_msg(strstr(why.detail, r->detail) != NULL, "%s: %s", r->text, why.detail);
    uint32_t shift = stands && r->column > 1 ? (uint32_t)strlen(library) - 1 : 0;
    ck_assert_uint_eq(why.column, r->column ? r->column + shift : 0);
}
END_TEST

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: ffi_test LIBRARY\n");
        return 1;
    }
    library = argv[1];
    Suite *s = suite_create("ffi");
    TCase *t = tcase_create("ffi");
    tcase_add_test(t, test_values);
    tcase_add_test(t, test_narrow);
    tcase_add_test(t, test_no_result);
    tcase_add_test(t, test_many);
    tcase_add_test(t, test_mixtures);
    tcase_add_test(t, test_cost);
    tcase_add_test(t, test_names);
    tcase_add_test(t, test_search);
    tcase_add_loop_test(t, test_refusal, 0, (int)ARRAY_LEN(refusals));
    suite_add_tcase(s, t);
    return run_suite(s, "ffi");
}
