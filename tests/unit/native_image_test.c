/* Images: what is damaged, cut off or made for another machine, version or module is told apart and
 * refused. */
#include <check.h>
#include <stdio.h>

#include "runtime/native/cpu.h"
#include "tests/suite.h"
#include "tests/unit/image_bytes.h"

static const uint8_t module[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 42};
static struct image_bytes good;
static struct image_key key; /* of `good` */

static void make(void)
{
    good = image_make(module, sizeof module);
    image_key(&key, module, sizeof module, MEMORY_GUARD, IMAGE_FULL, false);
}

static void drop(void)
{
    free(good.bytes);
}

/* Refused with these words. */
static void refused(const uint8_t *bytes, size_t n, const struct image_key *want,
                    const char *detail, const char *wanted, const char *found)
{
    struct diag why;
    diag_clear(&why);
    ck_assert_str_eq(status_name(image_check(bytes, n, want, &why)), "E_IMAGE");
    ck_assert_int_eq(why.code, E_IMAGE);
    ck_assert_msg(strstr(why.detail, detail) != NULL, "said: %s", why.detail);
    ck_assert_msg(strstr(why.want, wanted) != NULL, "wanted: %s", why.want);
    ck_assert_msg(strstr(why.found, found) != NULL, "found: %s", why.found);
}

static enum status checked(const uint8_t *bytes, size_t n, const struct image_key *want)
{
    struct diag why;
    diag_clear(&why);
    return image_check(bytes, n, want, &why);
}

START_TEST(test_good)
{
    ck_assert_int_eq(checked(good.bytes, good.n, &key), OK);
    ck_assert_int_eq(checked(good.bytes, good.n, NULL), OK);
    struct vview v = {.bytes = module, .nbytes = sizeof module, .ndefined = 2, .ntypes = 2};
    ck_assert(image_is_of(good.bytes, &v));
    v.ndefined = 3;
    ck_assert(!image_is_of(good.bytes, &v));
    uint8_t other[sizeof module] = {0};
    v = (struct vview){.bytes = other, .nbytes = sizeof other, .ndefined = 2, .ntypes = 2};
    ck_assert(!image_is_of(good.bytes, &v));
}
END_TEST

START_TEST(test_no_image)
{
    refused((const uint8_t *)"not an image", 12, &key, "it does not begin as one", "", "");
    refused((const uint8_t *)"", 0, &key, "it does not begin as one", "", "");
    refused(good.bytes, 8, &key, "it is cut off", "", "8 bytes");
    char all[32];
    snprintf(all, sizeof all, "%zu bytes", good.n);
    refused(good.bytes, good.n - 1, &key, "it is cut off", all, "bytes");
    uint8_t *longer = calloc(1, good.n + 1);
    memcpy(longer, good.bytes, good.n);
    refused(longer, good.n + 1, &key, "something follows it", all, "bytes");
    free(longer);
}
END_TEST

/* Every byte of header and tables, and some others. */
START_TEST(test_damaged)
{
    uint32_t n = 0;
    for (size_t at = 0; at < good.n; at += at < 256 || at >= 3 * IMAGE_PAGE ? 1 : 61)
        for (int bit = 0; bit < 8; bit += 7, n++) {
            good.bytes[at] ^= (uint8_t)(1 << bit);
            ck_assert_msg(checked(good.bytes, good.n, &key) == E_IMAGE, "byte %zu", at);
            ck_assert_msg(checked(good.bytes, good.n, NULL) == E_IMAGE, "byte %zu", at);
            good.bytes[at] ^= (uint8_t)(1 << bit);
        }
    ck_assert_uint_gt(n, 1000);
    good.bytes[5000] ^= 1;
    refused(good.bytes, good.n, &key, "it is damaged", "checksum ", "checksum ");
}
END_TEST

/* Cut off anywhere. */
START_TEST(test_truncated)
{
    for (size_t n = 0; n < good.n; n += n < 256 ? 1 : 13) {
        uint8_t *copy = malloc(n ? n : 1); /* exactly: for AddressSanitizer */
        memcpy(copy, good.bytes, n);
        ck_assert_int_eq(checked(copy, n, &key), E_IMAGE);
        free(copy);
    }
}
END_TEST

START_TEST(test_foreign)
{
    struct image_key w;
    struct image_header *h = image_head(good.bytes);
    w = key;
    w.abi = 77;
    refused(good.bytes, good.n, &w, "another version", ", interface 77", h->key.compiler);
    w = key;
    strcpy(w.compiler, "singula 9");
    refused(good.bytes, good.n, &w, "another version", "singula 9", h->key.compiler);
    w = key;
    strcpy(w.cpu, "Z80");
    refused(good.bytes, good.n, &w, "another processor", "Z80, features", h->key.cpu);
    w = key;
    w.features = 0x123;
    refused(good.bytes, good.n, &w, "another processor", "features 0000000000000123", "features");
    w = key;
    w.mode = MEMORY_COMPACT;
    refused(good.bytes, good.n, &w, "another memory mode", "compact", "guard");
    w = key;
    w.opt = IMAGE_FAST;
    refused(good.bytes, good.n, &w, "another level of optimisation", "fast", "full");
    w = key;
    w.watched = 1;
    refused(good.bytes, good.n, &w, "another kind of system", "monitor watches", "without");
    w = key;
    w.module_hash[1] ^= 1;
    refused(good.bytes, good.n, &w, "another module", "", "");
}
END_TEST

/* A build without LLVM takes images of any version of LLVM, but not of another Singula. */
START_TEST(test_version_prefix)
{
    struct image_key w = key;
    struct image_header *h = image_head(good.bytes);
    memset(h->key.compiler, 0, sizeof h->key.compiler);
    memset(w.compiler, 0, sizeof w.compiler);
    strcpy(h->key.compiler, "singula 1 aa llvm 19");
    image_seal(good.bytes);
    strcpy(w.compiler, "singula 1 aa");
    ck_assert_int_eq(checked(good.bytes, good.n, &w), OK);
    strcpy(w.compiler, "singula 1 a");
    ck_assert_int_eq(checked(good.bytes, good.n, &w), E_IMAGE);
    strcpy(w.compiler, "singula 1 aa llvm 20");
    ck_assert_int_eq(checked(good.bytes, good.n, &w), E_IMAGE);
}
END_TEST

/* With a right checksum: what a linker gone wrong could write. */
START_TEST(test_disorder)
{
#define BROKEN(what, words)                                                                        \
    do {                                                                                           \
        struct image_bytes b = image_make(module, sizeof module);                                  \
        struct image_header *h = image_head(b.bytes);                                              \
        struct image_func *funcs = (void *)(b.bytes + h->funcs.at);                                \
        struct image_frame *frames = (void *)(b.bytes + h->frames.at);                             \
        struct image_line *lines = (void *)(b.bytes + h->lines.at);                                \
        uint32_t *entries = (void *)(b.bytes + h->entries.at);                                     \
        (void)funcs, (void)frames, (void)lines, (void)entries;                                     \
        what;                                                                                      \
        image_seal(b.bytes);                                                                       \
        refused(b.bytes, b.n, NULL, words, "", "");                                                \
        free(b.bytes);                                                                             \
    } while (0)
    BROKEN(h->code.at = 0, "its instructions are not where");
    BROKEN(h->code.count = 5000, "its constants are not where");
    BROKEN(h->code.count = UINT32_MAX, "its instructions are not where");
    BROKEN(h->rodata.at += 4096, "its constants are not where");
    BROKEN(h->helpers.count--, "are not where");
    BROKEN(h->funcs.count = UINT32_MAX, "its functions are not where");
    BROKEN(h->funcs.at = 0, "its functions are not where");
    BROKEN(h->frames.count++, "its lines are not where");
    BROKEN(h->module.count--, "its parts are not where");
    BROKEN(funcs[1].pc = 50, "its functions are not where");
    BROKEN(funcs[1].bytes = 100, "its functions are not where");
    BROKEN(funcs[0].bytes = 0, "its functions are not where");
    BROKEN(entries[0] = 208, "its entries are not where");
    BROKEN(frames[1].pc = 0, "its frames are not where");
    BROKEN(frames[3].pc = 300, "its frames are not where");
    BROKEN(frames[2].cfa = 0, "its frames are not where");
    BROKEN(lines[2].pc = 17, "its lines are not where");
    BROKEN(lines[2].offset = 10, "its lines are not where");
}
END_TEST

START_TEST(test_cpu)
{
    char a[CPU_NAME], b[CPU_NAME];
    ck_assert_uint_eq(cpu_identify(a), cpu_identify(b));
    ck_assert(memcmp(a, b, CPU_NAME) == 0);
    ck_assert(a[CPU_NAME - 1] == 0);
    uint32_t family, model, stepping;
    ck_assert_msg(sscanf(a, "%*s %u/%u/%u", &family, &model, &stepping) == 3, "%s", a);
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("image");
    tcase_add_checked_fixture(c, make, drop);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, test_good);
    tcase_add_test(c, test_no_image);
    tcase_add_test(c, test_damaged);
    tcase_add_test(c, test_truncated);
    tcase_add_test(c, test_foreign);
    tcase_add_test(c, test_version_prefix);
    tcase_add_test(c, test_disorder);
    tcase_add_test(c, test_cpu);
    Suite *s = suite_create("image");
    suite_add_tcase(s, c);
    return run_suite(s, "image");
}
