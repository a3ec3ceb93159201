/* The linker: code of linked images runs, their tables say what is true of the code, and objects
 * that cannot be linked are refused with the reason. usage: image_link_test FOLDER-OF-OBJECTS */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <xxhash.h>

#include "runtime/compiler/object.h"
#include "runtime/native/abi.h"
#include "tests/suite.h"

static const char *folder;

static struct object read_object(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.o", folder, name);
    FILE *f = fopen(path, "rb");
    ck_assert_msg(f != NULL, "%s", path);
    fseek(f, 0, SEEK_END);
    struct object o = {.n = (size_t)ftell(f)};
    rewind(f);
    void *bytes = malloc(o.n);
    ck_assert(fread(bytes, 1, o.n, f) == o.n);
    fclose(f);
    o.bytes = bytes;
    return o;
}

/* ---- a module as the linker sees it ---- */

static const uint8_t module_bytes[] = "the module";
static const struct functype types[2] = {{.canonical = 0}, {.canonical = 1}};

static enum status link_objects(const struct object *objs, uint32_t n, uint32_t nfuncs,
                                struct image_bytes *out, struct diag *why)
{
    struct vview v = {.bytes = module_bytes,
                      .nbytes = sizeof module_bytes,
                      .types = types,
                      .ntypes = 2,
                      .ndefined = nfuncs};
    struct image_key key = {.abi = NATIVE_ABI, .module_bytes = sizeof module_bytes};
    diag_clear(why);
    return image_link(&key, &v, objs, n, out, why);
}

static const struct image_header *header(const struct image_bytes *b)
{
    return (const struct image_header *)(const void *)b->bytes;
}

/* ---- a small loader ---- */

static uint64_t label_calls, label_sum;
uint64_t morestack_calls;
static void helper_label(uint64_t ctx, uint64_t a, uint64_t b, uint64_t c)
{
    label_calls++;
    label_sum = ctx * 1000 + a * 100 + b * 10 + c;
}

void test_morestack(void);
__asm__(".text\n"
        ".type test_morestack, @function\n"
        "test_morestack:\n"
        "    incq morestack_calls(%rip)\n"
        "    incq (%rsp)\n" /* not to the `ret` behind the call */
        "    ret\n");

static uint8_t *load(const struct image_bytes *b)
{
    const struct image_header *h = header(b);
    size_t code = h->code.at, end = h->helpers.at + IMAGE_PAGE;
    uint8_t *m = mmap(NULL, end - code, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(m != MAP_FAILED);
    memcpy(m, b->bytes + code, h->helpers.at - code);
    void **slots = (void **)(void *)(m + h->helpers.at - code);
    slots[NH_label] = (void *)(uintptr_t)helper_label;
    slots[NH_morestack] = (void *)(uintptr_t)test_morestack;
    ck_assert(mprotect(m, h->rodata.at - code, PROT_READ | PROT_EXEC) == 0);
    ck_assert(mprotect(m + h->rodata.at - code, end - h->rodata.at, PROT_READ) == 0);
    return m;
}

static void unload(const struct image_bytes *b, uint8_t *m)
{
    munmap(m, header(b)->helpers.at + IMAGE_PAGE - header(b)->code.at);
}

static void *function(const struct image_bytes *b, uint8_t *m, uint32_t i)
{
    const struct image_func *f = (const void *)(b->bytes + header(b)->funcs.at);
    return m + f[i].pc;
}

static void *entry(const struct image_bytes *b, uint8_t *m, uint32_t i)
{
    const uint32_t *e = (const void *)(b->bytes + header(b)->entries.at);
    return m + e[i];
}

/* ---- code ---- */

static int want3(int x)
{
    return (1 + 20 + 300 + 4000) * x;
}
static int want2(int x)
{
    return x & 1 ? want3(x) + 1000 : want2(x + 1) + 1;
}
static int want0(int x)
{
    int cases[] = {want2(3), want2(7) + 1, 99, want3(3) * 3, 5, 1234 * want2(7)};
    return x >= 0 && x < 6 ? cases[x] : 7;
}

static void set_limit(uint64_t limit)
{
    __asm__ volatile("mov %0, %%fs:0x70" ::"r"(limit));
}

static void check_code(const struct image_bytes *b)
{
    uint8_t *m = load(b);
    typedef int (*int_fn)(int);
    typedef double (*double_fn)(double);
    int_fn f0 = (int_fn)function(b, m, 0), f3 = (int_fn)function(b, m, 3);
    double_fn f1 = (double_fn)function(b, m, 1);
    label_calls = morestack_calls = 0;
    for (int i = -1; i < 8; i++)
        ck_assert_int_eq(f0(i), want0(i));
    ck_assert_uint_eq(label_calls, 1);
    ck_assert_uint_eq(label_sum, 123);
    ck_assert_int_eq(f3(11), want3(11));
    ck_assert(f1(2.0) == 2.0 * 3.25 + 2.5);
    ck_assert_uint_eq(morestack_calls, 0);
    set_limit(UINT64_MAX);
    double d = f1(4.0);
    set_limit(0);
    ck_assert(d == 4.0 * 3.25 + 2.5);
    ck_assert_uint_eq(morestack_calls, 1);
    uint64_t slots[1] = {3};
    ((void (*)(int_fn, uint64_t *))entry(b, m, 0))(f0, slots);
    ck_assert_uint_eq(slots[0], (unsigned)want0(3));
    double dslots[1] = {8.0};
    ((void (*)(double_fn, double *))entry(b, m, 1))(f1, dslots);
    ck_assert(dslots[0] == 8.0 * 3.25 + 2.5);
    unload(b, m);
}

static void check_layout(const struct image_bytes *b)
{
    const struct image_header *h = header(b);
    ck_assert(memcmp(h->magic, IMAGE_MAGIC, 8) == 0);
    ck_assert_uint_eq(h->bytes, b->n);
    ck_assert_uint_eq(h->checksum, XXH3_64bits(b->bytes + 16, b->n - 16));
    ck_assert_uint_eq(h->key.abi, NATIVE_ABI);
    ck_assert_uint_eq(h->code.at, IMAGE_PAGE);
    ck_assert_uint_eq(h->rodata.at, (h->code.at + h->code.count + 4095) / 4096 * 4096);
    ck_assert_uint_eq(h->helpers.at, (h->rodata.at + h->rodata.count + 4095) / 4096 * 4096);
    ck_assert_uint_eq(h->helpers.count, NH_N);
    for (uint32_t i = 0; i < NH_N * 8; i++)
        ck_assert_uint_eq(b->bytes[h->helpers.at + i], 0);
    ck_assert_uint_eq(h->module.count, sizeof module_bytes);
    ck_assert(memcmp(b->bytes + h->module.at, module_bytes, sizeof module_bytes) == 0);
}

/* Both ways of cutting code into sections; the objects in both orders. */
START_TEST(test_code)
{
    static const char *const ways[][2] = {{"whole0", "whole1"},
                                          {"whole1", "whole0"},
                                          {"sections0", "sections1"},
                                          {"sections1", "whole0"}};
    struct object objs[2] = {read_object(ways[_i][0]), read_object(ways[_i][1])};
    struct image_bytes b;
    struct diag why;
    ck_assert_msg(link_objects(objs, 2, 4, &b, &why) == OK, "%s", why.detail);
    check_layout(&b);
    check_code(&b);
    free(b.bytes);
    free((void *)(uintptr_t)objs[0].bytes);
    free((void *)(uintptr_t)objs[1].bytes);
}
END_TEST

/* ---- tables ---- */

START_TEST(test_tables)
{
    struct object o = read_object("rows");
    struct image_bytes b;
    struct diag why;
    ck_assert_msg(link_objects(&o, 1, 1, &b, &why) == OK, "%s", why.detail);
    const struct image_header *h = header(&b);
    const struct image_frame *f = (const void *)(b.bytes + h->frames.at);
    const struct image_line *n = (const void *)(b.bytes + h->lines.at);
    static const struct image_frame frames[] = {{0, 8},  {1, 16},  {5, 48},   {13, 16},
                                                {14, 8}, {15, 48}, {319, 16}, {320, 8}};
    static const struct image_line lines[] = {
        {0, 4096}, {1, 70000}, {7, 70003}, {14, 4096}, {15, 0}};
    ck_assert_uint_eq(h->frames.count, ARRAY_LEN(frames));
    for (uint32_t i = 0; i < h->frames.count; i++)
        ck_assert_msg(f[i].pc == frames[i].pc && f[i].cfa == frames[i].cfa, "%u: +%u %u", i,
                      f[i].pc, f[i].cfa);
    ck_assert_uint_eq(h->lines.count, ARRAY_LEN(lines));
    for (uint32_t i = 0; i < h->lines.count; i++)
        ck_assert_msg(n[i].pc == lines[i].pc && n[i].offset == lines[i].offset, "%u: +%u %u", i,
                      n[i].pc, n[i].offset);
    const struct image_func *func = (const void *)(b.bytes + h->funcs.at);
    ck_assert_uint_eq(func->pc, 0);
    ck_assert_uint_eq(func->bytes, 321);
    ck_assert_uint_eq(*(const uint32_t *)(const void *)(b.bytes + h->entries.at), IMAGE_NONE);
    free(b.bytes);
    free((void *)(uintptr_t)o.bytes);
}
END_TEST

/* ---- refusals ---- */

static const struct refusal {
    const char *objects[2];
    uint32_t nfuncs;
    const char *detail; /* a part of what is said */
} refusals[] = {
    {{"rbp"}, 1, "not measured from rsp"},
    {{"absolute"}, 1, "not position-independent"},
    {{"absolute32"}, 1, "not position-independent"},
    {{"undefined"}, 1, "refers to memcpy, which is not in the image"},
    {{"writable"}, 1, "section .data cannot be part of an image"},
    {{"common"}, 1, "section .bss cannot be part of an image"},
    {{"push"}, 1, "cannot use an address in the image"},
    {{"nounwind"}, 1, "f0 has no unwind rows"},
    {{"surplus"}, 1, "it defines f1; the module has 1 functions"},
    {{"surplustype"}, 1, "it defines t2; the module has 2 types"},
    {{"rows"}, 2, "no object defines f1"},
    {{"rows", "rows"}, 1, "object 1: f0 is defined twice"},
    {{"whole0", "whole0"}, 4, "f0 is defined twice"},
    {{"whole0"}, 4, "no object defines f2"},
};

START_TEST(test_refusal)
{
    const struct refusal *r = &refusals[_i];
    struct object objs[2];
    uint32_t n = r->objects[1] ? 2 : 1;
    for (uint32_t i = 0; i < n; i++)
        objs[i] = read_object(r->objects[i]);
    struct image_bytes b;
    struct diag why;
    ck_assert_int_eq(link_objects(objs, n, r->nfuncs, &b, &why), E_COMPILER);
    ck_assert_msg(strstr(why.detail, r->detail) != NULL, "said: %s", why.detail);
    for (uint32_t i = 0; i < n; i++)
        free((void *)(uintptr_t)objs[i].bytes);
}
END_TEST

START_TEST(test_helper_as_function)
{
    struct object o = read_object("direct");
    struct image_bytes b;
    struct diag why;
    ck_assert_msg(link_objects(&o, 1, 1, &b, &why) == OK, "%s", why.detail);
    /* `lea` and `jmp` of one helper reach the same stub */
    const uint8_t *code = b.bytes + header(&b)->code.at;
    int32_t lea, jmp;
    memcpy(&lea, code + 3, 4);
    memcpy(&jmp, code + 8, 4);
    ck_assert_int_eq(lea + 7, jmp + 12);
    const uint8_t *stub = code + jmp + 12;
    int32_t slot;
    memcpy(&slot, stub + 2, 4);
    ck_assert(stub[0] == 0xff && stub[1] == 0x25);
    ck_assert(stub + 6 + slot == b.bytes + header(&b)->helpers.at + 8 * NH_trap);
    free(b.bytes);
    free((void *)(uintptr_t)o.bytes);
}
END_TEST

/* Damaged and truncated objects are refused, or make some image; nothing else happens (this is a
 * test for sanitizers). Offsets inside of instructions can change what the code does, so it is not
 * run. */
START_TEST(test_damaged)
{
    struct object good[2] = {read_object("whole0"), read_object("sections1")};
    uint32_t refused = 0, linked = 0;
    for (uint32_t k = 0; k < 2; k++)
        for (size_t at = 0; at < good[k].n; at++) {
            struct object objs[2] = {good[0], good[1]};
            bool cut = at % 8 == 7;
            size_t n = cut ? at : good[k].n;
            uint8_t *copy = malloc(n);
            memcpy(copy, good[k].bytes, n);
            if (!cut)
                copy[at] ^= (uint8_t)(at % 3 ? 0x81 : 0xff);
            objs[k] = (struct object){copy, n};
            struct image_bytes b;
            struct diag why;
            if (link_objects(objs, 2, 4, &b, &why) == OK) {
                linked++;
                free(b.bytes);
            } else {
                refused++;
                ck_assert_msg(why.detail[0] != 0, "+%zu", at);
            }
            free(copy);
        }
    ck_assert_uint_gt(refused, 1000);
    ck_assert_uint_gt(linked, 1000);
    free((void *)(uintptr_t)good[0].bytes);
    free((void *)(uintptr_t)good[1].bytes);
}
END_TEST

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : ".";
    TCase *c = tcase_create("link");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test_code, 0, 4);
    tcase_add_test(c, test_tables);
    tcase_add_loop_test(c, test_refusal, 0, ARRAY_LEN(refusals));
    tcase_add_test(c, test_helper_as_function);
    tcase_add_test(c, test_damaged);
    Suite *s = suite_create("image-link");
    suite_add_tcase(s, c);
    return run_suite(s, "image-link");
}
