/* Status codes and the one diagnostic record that every refusal fills.
 *
 * A `enum status` other than OK says that a module, a file or a caller is at fault. It is returned,
 * never stored in a global. The first error wins: diag_set() on a filled record does nothing.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"

enum status {
    OK = 0,
#define CODE(name, phrase, cure) name,
#include "base/codes.def"
#undef CODE
    STATUS_N
};

const char *status_name(enum status s);   /* "WASM_TYPE_MISMATCH" */
const char *status_phrase(enum status s); /* "type mismatch" */
const char *status_cure(enum status s);   /* default hint, "" if none */

/* The code of that name, or STATUS_N. */
enum status status_by_name(const char *name);

#define DIAG_NONE  UINT32_MAX
#define DIAG_TEXT  240
#define DIAG_NAME  80
#define DIAG_FILE  120
#define DIAG_NOTES 6

/* A place that explains the error: where something was made, moved, freed, tested. It reads
 * "WHAT at PLACE HOW": "freed at $serve +0x2c (camera.c:39) by Frame free". */
struct diag_note {
    uint32_t func, offset, func_offset; /* as in struct diag; func == DIAG_NONE: no place */
    uint32_t source_line;
    char func_name[DIAG_NAME];
    char source[DIAG_FILE];
    char what[DIAG_NAME];
    char how[DIAG_TEXT];
};

/* One refusal: what, where, why, wanted, found, hint. Plain data, no ownership. */
struct diag {
    enum status code;
    uint32_t func;         /* function index space, or DIAG_NONE */
    uint32_t offset;       /* byte offset in the module, or DIAG_NONE */
    uint32_t func_offset;  /* byte offset in the function body, or DIAG_NONE */
    uint32_t line, column; /* in a contract or manifest, from 1; 0: none */
    uint32_t source_line;  /* in the guest's source, from 1; 0: not known */
    uint32_t nnotes;
    char func_name[DIAG_NAME];
    char source[DIAG_FILE]; /* the guest's source file, "" if not known */
    char want[DIAG_TEXT];
    char found[DIAG_TEXT];
    char detail[DIAG_TEXT]; /* the case in one clause: "local 7" */
    char hint[DIAG_TEXT];
    struct diag_note notes[DIAG_NOTES];
};

/* Several refusals, in an array of the caller's. */
struct diag_list {
    struct diag *items;
    uint32_t cap, n;
};
/* The next record, empty; NULL if there is no room. */
struct diag *diag_list_next(struct diag_list *l);

/* Makes *d empty. */
void diag_clear(struct diag *d);

/* Records the first error: code and detail (printf style), everything else empty; returns `code`.
 * Further calls on a filled record leave it as it is and return its code. d may be NULL. */
enum status diag_set(struct diag *d, enum status code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Fill a text field of the record that diag_set() has just made (truncated to fit). */
void diag_want(struct diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void diag_found(struct diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void diag_hint(struct diag *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Appends a note about no place yet; NULL if there is no room (or d is NULL). */
struct diag_note *diag_note(struct diag *d, const char *what);
void diag_how(struct diag_note *n, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Text form, several lines, each ended by \n, for people; `file` names the input.
 * Returns the length that the whole text has (as snprintf). */
int diag_format(const struct diag *d, const char *file, char *buf, uint32_t size);

#endif
