/* C functions of shared libraries as host functions, from one line of text:
 *
 *   binding   = library ":" [ module "!" ] function "(" [ type { "," type } ] ")" [ "->" type ]
 *   type      = i32 i64 f32 f64, and for C types that Wasm lacks i8 u8 i16 u16 u32 u64
 *
 * A narrow integer is an i32 for the guest: cut to its width on the way in, extended by its sign on
 * the way out. The text is trusted: if it does not describe the C function, the call is as
 * undefined as a wrong prototype in C.
 */
#include "runtime/engine/ffi_int.h"

#include <ctype.h>
#include <dlfcn.h>
#include <ffi.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARAMS = 32 };

static const struct {
    const char *name;
    char letter; /* of the type text */
    ffi_type *ffi;
} ctypes[C_N] = {
    [C_I8] = {"i8", 'i', &ffi_type_sint8},    [C_U8] = {"u8", 'i', &ffi_type_uint8},
    [C_I16] = {"i16", 'i', &ffi_type_sint16}, [C_U16] = {"u16", 'i', &ffi_type_uint16},
    [C_I32] = {"i32", 'i', &ffi_type_sint32}, [C_U32] = {"u32", 'i', &ffi_type_uint32},
    [C_I64] = {"i64", 'I', &ffi_type_sint64}, [C_U64] = {"u64", 'I', &ffi_type_uint64},
    [C_F32] = {"f32", 'f', &ffi_type_float},  [C_F64] = {"f64", 'F', &ffi_type_double},
};

/* One value as C sees it. `word` is how libffi returns integers narrower than a register. */
union cvalue {
    int8_t i8;
    uint8_t u8;
    int16_t i16;
    uint16_t u16;
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    ffi_arg word;
};

struct ffi_binding {
    char *library, *module, *name; /* malloc'ed */
    char type[MAX_PARAMS + 3];     /* type text */
    enum ctype params[MAX_PARAMS], result;
    uint32_t nparams;
    bool has_result;
    void *handle;
    void (*fn)(void);
    struct ffi_fast fast; /* if call.data is this, libffi is not needed */
    ffi_cif cif;
    ffi_type *ffi_params[MAX_PARAMS];
    struct hostcall call;
};

/* ---- calling ---- */

static void put_value(union cvalue *v, enum ctype t, uint64_t slot)
{
    switch (t) {
    case C_I8:
    case C_U8:
        v->u8 = (uint8_t)slot;
        break;
    case C_I16:
    case C_U16:
        v->u16 = (uint16_t)slot;
        break;
    case C_I32:
    case C_U32:
    case C_F32:
        v->u32 = (uint32_t)slot;
        break;
    case C_I64:
    case C_U64:
    case C_F64:
        v->u64 = slot;
        break;
    case C_N:
        BUG("no type");
    }
}

static uint64_t get_value(const union cvalue *v, enum ctype t)
{
    switch (t) {
    case C_I8:
        return (uint64_t)(uint32_t)(int8_t)v->word;
    case C_U8:
        return (uint8_t)v->word;
    case C_I16:
        return (uint64_t)(uint32_t)(int16_t)v->word;
    case C_U16:
        return (uint16_t)v->word;
    case C_I32:
    case C_U32:
        return (uint32_t)v->word;
    case C_F32:
        return v->u32;
    case C_I64:
    case C_U64:
    case C_F64:
        return v->u64;
    case C_N:
        break;
    }
    BUG("no type");
}

static enum host_result call(struct sip *s, struct instance *caller, const void *data,
                             uint64_t *slots)
{
    const struct ffi_binding *b = data;
    union cvalue values[MAX_PARAMS], result = {0};
    void *args[MAX_PARAMS];
    (void)s, (void)caller;
    for (uint32_t i = 0; i < b->nparams; i++) {
        put_value(&values[i], b->params[i], slots[i]);
        args[i] = &values[i];
    }
    ffi_call((ffi_cif *)(uintptr_t)&b->cif, b->fn, &result, args); /* libffi reads it only */
    if (b->has_result)
        slots[0] = get_value(&result, b->result);
    return HOST_OK;
}

static enum host_result call_alone(struct sip *s, struct instance *caller, const void *data,
                                   uint64_t *slots)
{
    pthread_mutex_lock(s->rt->host_lock);
    enum host_result r = call(s, caller, data, slots);
    pthread_mutex_unlock(s->rt->host_lock);
    return r;
}

/* ---- parsing ---- */

/* Reads the text from left to right; the first error is kept in *why and ends it. */
struct parser {
    const char *text, *p;
    struct diag *why;
    enum status status;
};

static void fail(struct parser *r, const char *at, const char *what)
{
    if (r->status != OK)
        return;
    r->status = diag_set(r->why, E_ARGUMENT, "%s", what);
    if (r->why) {
        r->why->line = 1;
        r->why->column = (uint32_t)(at - r->text) + 1;
    }
    diag_found(r->why, "%.60s", *at ? at : "the end of the binding");
    diag_hint(r->why, "a binding looks like libm.so.6:hypot(f64,f64)->f64");
}

static void skip_blanks(struct parser *r)
{
    while (*r->p == ' ')
        r->p++;
}

static bool take(struct parser *r, const char *token)
{
    skip_blanks(r);
    size_t n = strlen(token);
    if (r->status != OK || strncmp(r->p, token, n) != 0)
        return false;
    r->p += n;
    return true;
}

static enum ctype parse_type(struct parser *r)
{
    skip_blanks(r);
    size_t n = 0;
    while (isalnum((unsigned char)r->p[n]))
        n++;
    for (unsigned t = 0; t < C_N; t++)
        if (strlen(ctypes[t].name) == n && strncmp(r->p, ctypes[t].name, n) == 0) {
            r->p += n;
            return (enum ctype)t;
        }
    if (r->status == OK) {
        fail(r, r->p, "unknown type");
        diag_want(r->why, "one of i32 i64 f32 f64 i8 u8 i16 u16 u32 u64");
    }
    return C_I32;
}

/* n bytes of the text, malloc'ed. */
static char *parse_word(struct parser *r, const char *from, const char *end, const char *what)
{
    if (from == end)
        fail(r, from, what);
    if (r->status != OK)
        return NULL;
    char *word = strndup(from, (size_t)(end - from));
    if (!word)
        r->status = diag_set(r->why, E_NOMEM, "binding");
    return word;
}

/* library:[module!]name, up to the parenthesis at `paren`. A library's path may hold colons. */
static void parse_names(struct parser *r, struct ffi_binding *b, const char *paren)
{
    static const char usual[] = "env";
    const char *colon = memrchr(r->text, ':', (size_t)(paren - r->text));
    if (!colon) {
        fail(r, r->text, "the library's name and a colon are missing");
        return;
    }
    const char *name = colon + 1;
    const char *bang = memchr(name, '!', (size_t)(paren - name));
    b->library = parse_word(r, r->text, colon, "the library's name is missing");
    if (bang) {
        b->module = parse_word(r, name, bang, "the module's name is missing");
        name = bang + 1;
    }
    for (const char *p = name; p < paren; p++)
        if (!isalnum((unsigned char)*p) && *p != '_')
            fail(r, p, "not part of a C function's name");
    b->name = parse_word(r, name, paren, "the function's name is missing");
    if (!b->module && r->status == OK)
        b->module = parse_word(r, usual, usual + strlen(usual), "");
}

static void parse_params(struct parser *r, struct ffi_binding *b)
{
    if (take(r, ")"))
        return;
    do {
        skip_blanks(r);
        if (b->nparams == MAX_PARAMS)
            fail(r, r->p, "more than 32 parameters");
        else
            b->params[b->nparams++] = parse_type(r);
    } while (take(r, ","));
    if (r->status == OK && !take(r, ")"))
        fail(r, r->p, "`,` or `)` expected");
}

static enum status parse(const char *text, struct ffi_binding *b, struct diag *why)
{
    struct parser r = {.text = text, .p = text, .why = why};
    const char *paren = strchr(text, '(');
    if (!paren) {
        fail(&r, text + strlen(text), "the parameter list is missing");
        return r.status;
    }
    parse_names(&r, b, paren);
    r.p = paren + 1;
    parse_params(&r, b);
    if (take(&r, "->")) {
        b->result = parse_type(&r);
        b->has_result = true;
    }
    skip_blanks(&r);
    if (*r.p)
        fail(&r, r.p, "the binding goes on where it should end");
    return r.status;
}

/* ---- binding ---- */

static void make_type_text(struct ffi_binding *b)
{
    char *t = b->type;
    for (uint32_t i = 0; i < b->nparams; i++)
        *t++ = ctypes[b->params[i]].letter;
    *t++ = ':';
    if (b->has_result)
        *t++ = ctypes[b->result].letter;
    *t = '\0';
}

/* A name without a slash is searched where the system keeps libraries, then in the current
 * directory. */
static void *open_library(const char *name)
{
    void *h = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (h || strchr(name, '/'))
        return h;
    char *here = malloc(strlen(name) + 3);
    if (!here)
        return NULL;
    stpcpy(stpcpy(here, "./"), name);
    if ((h = dlopen(here, RTLD_NOW | RTLD_LOCAL)) == NULL)
        h = dlopen(name, RTLD_NOW | RTLD_LOCAL); /* its message is the one to show */
    free(here);
    return h;
}

static enum status load(struct ffi_binding *b, struct diag *why)
{
    b->handle = open_library(b->library);
    if (!b->handle)
        return diag_set(why, E_IO, "library %s: %s", b->library, dlerror());
    void *symbol = dlsym(b->handle, b->name);
    if (!symbol)
        return diag_set(why, E_NO_EXPORT, "%s has no function %s", b->library, b->name);
    memcpy(&b->fn, &symbol, sizeof b->fn); /* POSIX: an object pointer that is a function's */
    for (uint32_t i = 0; i < b->nparams; i++)
        b->ffi_params[i] = ctypes[b->params[i]].ffi;
    ffi_type *result = b->has_result ? ctypes[b->result].ffi : &ffi_type_void;
    check(ffi_prep_cif(&b->cif, FFI_DEFAULT_ABI, b->nparams, result, b->ffi_params) == FFI_OK);
    return OK;
}

enum status ffi_bind(const char *text, struct ffi_binding **out, struct diag *why)
{
    struct ffi_binding *b = calloc(1, sizeof *b);
    if (!b)
        return diag_set(why, E_NOMEM, "binding");
    enum status s = parse(text, b, why);
    if (s == OK)
        s = load(b, why);
    if (s != OK)
        goto fail;
    make_type_text(b);
    b->fast = (struct ffi_fast){.fn = b->fn, .result = b->has_result ? b->result : C_N};
    host_fn thunk = ffi_thunk(&b->fast, b->params, b->nparams);
    b->call = (struct hostcall){.fn = thunk ? thunk : call,
                                .data = thunk ? (const void *)&b->fast : b,
                                .module = b->module,
                                .name = b->name};
    *out = b;
    return OK;
fail:
    ffi_unbind(b);
    return s;
}

void ffi_unbind(struct ffi_binding *b)
{
    if (!b)
        return;
    if (b->handle)
        dlclose(b->handle);
    free(b->library);
    free(b->module);
    free(b->name);
    free(b);
}

void ffi_one_at_a_time(struct ffi_binding *b)
{
    b->call = (struct hostcall){.fn = call_alone, .data = b, .module = b->module, .name = b->name};
}

const struct hostcall *ffi_hostcall(const struct ffi_binding *b)
{
    return &b->call;
}

const char *ffi_module(const struct ffi_binding *b)
{
    return b->module;
}

const char *ffi_name(const struct ffi_binding *b)
{
    return b->name;
}

const char *ffi_type_text(const struct ffi_binding *b)
{
    return b->type;
}
