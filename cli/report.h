/* What `singula verify` found, as text, JSON and SARIF.
 *
 * docs/DIAGNOSTICS.md describes the three forms.
 */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <jansson.h>

#include "include/singula.h"

/* Errors of one file that are shown; the verifier looks for no more. */
enum { REPORT_ERRORS = 20 };

struct report_file {
    const char *path;
    const struct singula_diag *errors;
    uint32_t n;             /* 0: accepted */
    const char *signatures; /* of an accepted module, a line each; NULL: not asked for */
};

/* The refusals, and how many they are if more than one. */
void report_text(const struct report_file *f);
/* One element of the array that --format=json prints. */
json_t *report_json(const struct report_file *f);

/* A SARIF 2.1.0 log with one run; report_sarif_add() adds the results of a file. */
json_t *report_sarif(void);
void report_sarif_add(json_t *log, const struct report_file *f);

/* The part of docs/CODES.md about a code, as Markdown; "" if there is none. Allocated. */
char *report_code_page(const char *code);

#endif
