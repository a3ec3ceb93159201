/* Loader of the WebAssembly specification's test vectors (JSON of wast2json, see their README).
 *
 * The vectors are data outside the repository. vectors_find() looks, in this order, at the folder
 * $SINGULA_SPEC_DIR and at ../shared/spec beside the checkout; each may hold the unpacked vectors
 * or wasm-spec-vectors.tar.xz, which is then unpacked once into the build folder.
 */
#ifndef TESTS_SPEC_VECTORS_H
#define TESTS_SPEC_VECTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum vec_kind {
    VEC_MODULE,                /* file; name or NULL */
    VEC_MODULE_DEFINITION,     /* file: must be valid, is not instantiated */
    VEC_REGISTER,              /* as; name or NULL (the last module) */
    VEC_ACTION,                /* action */
    VEC_ASSERT_RETURN,         /* action, expected */
    VEC_ASSERT_TRAP,           /* action, text */
    VEC_ASSERT_EXHAUSTION,     /* action, text */
    VEC_ASSERT_INVALID,        /* file, text */
    VEC_ASSERT_MALFORMED,      /* file, text */
    VEC_ASSERT_UNLINKABLE,     /* file, text */
    VEC_ASSERT_UNINSTANTIABLE, /* file, text */
    VEC_OTHER,                 /* of a later specification: type_name says which */
};

enum vec_match {
    VEC_BITS, /* exactly these bits */
    VEC_NULL, /* a null reference */
    VEC_REF,  /* a reference that is not null; bits is the host's number if has_bits */
    VEC_NAN_CANONICAL,
    VEC_NAN_ARITHMETIC,
};

struct vec_value {
    uint8_t type; /* value type byte: 0x7f i32, 0x7e i64, 0x7d f32, 0x7c f64, 0x70 funcref, 0x6f
                     externref; 0: another */
    enum vec_match match;
    bool has_bits;
    uint64_t bits; /* i32 zero-extended, floats as bits, host references by number */
};

struct vec_text {
    const char *s;
    size_t n;
}; /* UTF-8, NUL-terminated, may hold further NULs */

struct vec_action {
    bool get;           /* else invoke */
    const char *module; /* name, or NULL: the last module */
    struct vec_text field;
    struct vec_value *args;
    uint32_t nargs;
};

struct vec_command {
    enum vec_kind kind;
    const char *type_name;
    uint32_t line;    /* in the .wast source */
    const char *file; /* path of the .wasm file */
    const char *name, *as, *text;
    struct vec_action action;
    struct vec_value *expected;
    uint32_t nexpected;
};

struct vec_script {
    const char *name; /* "i32" */
    struct vec_command *commands;
    uint32_t ncommands;
    struct arena arena; /* owns everything above */
};

/* Path of a folder of the vectors such as "2.0/core" into buf; false, with the reason printed, if
 * there is none: the test then exits with 77. */
bool vectors_find(const char *subset, char *buf, size_t size);

/* The sorted paths of all *.json of a folder, in `a`; the number of them. */
uint32_t vectors_list(const char *dir, struct arena *a, const char *const **out);

/* Loads one script; exits the process with a message if it cannot be read: the vectors are at
 * fault. */
void vectors_load(const char *json_path, struct vec_script *out);
void vectors_free(struct vec_script *s);

/* A whole file, malloc'ed; exits the process if it cannot be read. */
uint8_t *vectors_read(const char *path, size_t *n);

#endif
