/* Native images through the public interface: those of another machine or version are refused by
 * name, as are those whose tables are not of their module. */
#include <check.h>
#include <stdio.h>

#include "include/singula.h"
#include "tests/suite.h"
#include "tests/unit/image_bytes.h"

static const uint8_t module[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

/* What singula_verify() says of the image; "" if it accepts it. */
static struct singula_diag verdict(const struct image_bytes *b)
{
    struct singula_diag why = {0};
    struct singula_module *m;
    if (singula_verify(b->bytes, b->n, NULL, &m, &why) == 0)
        singula_module_destroy(m);
    return why;
}

START_TEST(test_another_processor)
{
    struct image_bytes b = image_make(module, sizeof module);
    strcpy(image_head(b.bytes)->key.cpu, "MakerOfOthers 1/2/3");
    image_seal(b.bytes);
    struct singula_diag d = verdict(&b);
    ck_assert_str_eq(singula_status_name(d.code), "E_IMAGE");
    ck_assert_str_eq(d.detail, "it was made for another processor");
    ck_assert(strncmp(d.found, "MakerOfOthers 1/2/3, features ", 30) == 0);
    ck_assert(strstr(d.want, ", features ") != NULL);
    free(b.bytes);
}
END_TEST

START_TEST(test_another_version)
{
    struct image_bytes b = image_make(module, sizeof module);
    memcpy(image_head(b.bytes)->key.compiler, "singula 9", 10);
    image_head(b.bytes)->key.abi = 1000;
    image_seal(b.bytes);
    struct singula_diag d = verdict(&b);
    ck_assert_str_eq(d.detail, "it was made by another version");
    ck_assert_str_eq(d.found, "singula 9, interface 1000");
    ck_assert(strncmp(d.want, image_compiler, strlen(image_compiler)) == 0);
    free(b.bytes);
}
END_TEST

/* Whole and for this machine, but its two functions are not in the module. */
START_TEST(test_tables_of_another)
{
    struct image_bytes b = image_make(module, sizeof module);
    ck_assert_str_eq(verdict(&b).detail,
                     "it is damaged: its functions are not those of its module");
    struct image_header *h = image_head(b.bytes);
    h->funcs.count = h->entries.count = 0;
    image_seal(b.bytes); /* now the tables are not where they must be */
    ck_assert_str_eq(singula_status_name(verdict(&b).code), "E_IMAGE");
    free(b.bytes);
}
END_TEST

START_TEST(test_refused_module)
{
    static const uint8_t bad[] = {0, 'a', 's', 'm', 7, 0, 0, 0};
    struct image_bytes b = image_make(bad, sizeof bad);
    ck_assert_str_eq(singula_status_name(verdict(&b).code), "WASM_VERSION");
    free(b.bytes);
}
END_TEST

START_TEST(test_damage)
{
    struct image_bytes b = image_make(module, sizeof module);
    b.bytes[b.n - 1] ^= 1;
    ck_assert_str_eq(verdict(&b).detail, "it is damaged");
    b.n--;
    ck_assert_str_eq(verdict(&b).detail, "it is cut off");
    b.n = 8;
    ck_assert_str_eq(verdict(&b).detail, "it is cut off");
    free(b.bytes);
}
END_TEST

START_TEST(test_module_is_no_image)
{
    struct singula_module *m;
    ck_assert_int_eq(singula_verify(module, sizeof module, NULL, &m, NULL), 0);
    ck_assert(!singula_module_compiled(m, NULL));
    singula_module_destroy(m);
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("image");
    tcase_add_test(c, test_another_processor);
    tcase_add_test(c, test_another_version);
    tcase_add_test(c, test_tables_of_another);
    tcase_add_test(c, test_refused_module);
    tcase_add_test(c, test_damage);
    tcase_add_test(c, test_module_is_no_image);
    Suite *s = suite_create("api-image");
    suite_add_tcase(s, c);
    return run_suite(s, "api-image");
}
