/* Verified modules for tests that use the public interface, from text. */
#ifndef TESTS_UNIT_WAT_MODULE_H
#define TESTS_UNIT_WAT_MODULE_H

#include <check.h>

#include "include/singula.h"
#include "tests/unit/wat.h"

/* Its owner destroys it. contract: NULL, or the text of its custom section. */
static inline struct singula_module *wat_module(const char *text, const char *contract)
{
    size_t n;
    struct singula_module *m;
    struct singula_diag why;
    uint8_t *bytes = wat_binary_contract(text, contract, &n);
    ck_assert_msg(singula_verify(bytes, n, NULL, &m, &why) == 0, "%s: %s",
                  singula_status_name(why.code), why.detail);
    free(bytes);
    return m;
}

#endif
