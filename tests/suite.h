/* The end of a test program's main(). */
#ifndef TESTS_SUITE_H
#define TESTS_SUITE_H

#include <check.h>
#include <stdio.h>

/* Runs the suite, prints the last line, gives the exit status. */
static inline int run_suite(Suite *s, const char *name)
{
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r), run = srunner_ntests_run(r);
    srunner_free(r);
    printf("%s: %d passed, %d failed, 0 skipped\n", name, run - failed, failed);
    return failed != 0;
}

#endif
