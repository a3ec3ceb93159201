/* The import layer: tables of host functions, and the operations of `singula/` modules.
 *
 * A host module is a table of rows (name, Wasm type as text, function). Linking checks the type;
 * the function checks every pointer and length with guest_bytes().
 */
#ifndef RUNTIME_ENGINE_HOSTCALL_H
#define RUNTIME_ENGINE_HOSTCALL_H

#include "runtime/engine/engine.h"

/* Type text: parameters, ':', result; i I f F r = i32 i64 f32 f64 externref: "iiI:i". */
struct hostcall_row {
    const char *name, *type;
    host_fn fn;
};

struct hostcall_module {
    const char *name; /* "wasi_snapshot_preview1" */
    const struct hostcall_row *rows;
    uint32_t nrows;
};

/* True if the Wasm type is the one the text describes. */
bool hostcall_type_matches(const char *text, const struct functype *t);
/* True if the text is well formed (at most one result). */
bool hostcall_type_valid(const char *text);
/* Writes a type text as functype_print() writes the type it describes. */
void hostcall_type_print(const char *text, struct strbuf *out);
/* For link functions: refuses an import by its names; returns `st`. */
enum status link_refuse(struct diag *why, enum status st, const struct vimport *imp);
/* Writes a functype as "(i32, i64) -> i32". */
void functype_print(const struct functype *t, struct strbuf *out);

/* Binds an import of a singula/ module: interns its types and gives the host function that performs
 * it (shared by all instances; owned by the runtime). */
must_check enum status xcall_bind(struct runtime *rt, const struct vimport *imp,
                                  const struct hostcall **out, struct diag *why);
void xcall_unbind_all(struct runtime *rt);

/* `lib.so:name(i32,f64)->i64`: loads the library, finds the function, prepares the libffi call. The
 * binding answers imports named `name` of module "env" (or `module!name` if the text has a
 * `module!` prefix: lib.so:mod!name(...)). */
struct ffi_binding;
must_check enum status ffi_bind(const char *text, struct ffi_binding **out, struct diag *why);
void ffi_unbind(struct ffi_binding *b);
/* From now on it holds the runtime's host_lock while it runs. */
void ffi_one_at_a_time(struct ffi_binding *b);
const struct hostcall *ffi_hostcall(const struct ffi_binding *b);
const char *ffi_module(const struct ffi_binding *b);
const char *ffi_name(const struct ffi_binding *b);
const char *ffi_type_text(const struct ffi_binding *b); /* type text as above */

#endif
