/* singula cc --exact-memory: gives a linked module a memory in pages of one byte (proposal
 * custom-page-sizes), as large as its data and stack. clang 19 and its linker know only pages of
 * 64 KiB, so the memory section is written anew.
 *
 * How much is needed the linker says: its symbol __heap_base, which is exported for that purpose.
 * The bytes come from a linker and are verified afterwards; what is read here stays within them.
 */
#include "cli/cli.h"

#include <string.h>
#include <unistd.h>

struct bytes {
    const uint8_t *at, *end;
    bool bad;
};

static uint8_t byte(struct bytes *b)
{
    if (b->at < b->end)
        return *b->at++;
    b->bad = true;
    return 0;
}

static uint64_t leb(struct bytes *b)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t x = byte(b);
        v |= (uint64_t)(x & 0x7f) << shift;
        if (x < 0x80)
            return v;
    }
    b->bad = true;
    return 0;
}

/* The next n bytes. */
static struct bytes take(struct bytes *b, uint64_t n)
{
    if (b->bad || n > (uint64_t)(b->end - b->at)) {
        b->bad = true;
        n = 0;
    }
    struct bytes part = {b->at, b->at + n, b->bad};
    b->at += n;
    return part;
}

static bool name_is(struct bytes name, const char *s)
{
    size_t n = strlen(s);
    return (size_t)(name.end - name.at) == n && memcmp(name.at, s, n) == 0;
}

enum { IMPORTS = 2, MEMORIES = 5, GLOBALS = 6, EXPORTS = 7, SECTIONS = 14, CUSTOM = 0 };

struct wasm {
    struct bytes whole, sections[SECTIONS]; /* what is in them; empty if there is none */
    bool grows;                             /* it has a function called sbrk */
};

static struct bytes skip_limits(struct bytes b)
{
    uint8_t flags = byte(&b);
    leb(&b);
    if (flags & 1)
        leb(&b);
    return b;
}

/* The linker's names of functions: a word that is not one by chance. */
static bool mentions(struct bytes b, const char *word)
{
    return memmem(b.at, (size_t)(b.end - b.at), word, strlen(word)) != NULL;
}

static bool read_sections(struct wasm *w)
{
    struct bytes b = w->whole;
    take(&b, 8);
    while (b.at < b.end && !b.bad) {
        uint8_t id = byte(&b);
        struct bytes body = take(&b, leb(&b));
        if (id == CUSTOM) {
            struct bytes rest = body, name = take(&rest, leb(&rest));
            w->grows |= name_is(name, "name") && mentions(rest, "\4sbrk");
        } else if (id < SECTIONS) {
            w->sections[id] = body;
        }
    }
    return !b.bad;
}

static uint64_t imported_globals(struct bytes b)
{
    enum { FUNC, TABLE, MEMORY, GLOBAL };
    uint64_t n = 0;
    for (uint64_t left = b.at < b.end ? leb(&b) : 0; left && !b.bad; left--) {
        take(&b, leb(&b));
        take(&b, leb(&b));
        uint8_t kind = byte(&b);
        if (kind == FUNC)
            leb(&b);
        if (kind == TABLE || kind == GLOBAL)
            byte(&b);
        if (kind == TABLE || kind == MEMORY)
            b = skip_limits(b);
        if (kind == GLOBAL) {
            byte(&b);
            n++;
        }
    }
    return n;
}

/* The value of an exported global that the linker made: i32.const. */
static bool exported_global(const struct wasm *w, const char *name, uint32_t *value)
{
    enum { KIND_GLOBAL = 3, I32_CONST = 0x41 };
    struct bytes b = w->sections[EXPORTS];
    uint64_t index = UINT64_MAX;
    for (uint64_t left = leb(&b); left && !b.bad; left--) {
        bool found = name_is(take(&b, leb(&b)), name);
        uint8_t kind = byte(&b);
        uint64_t i = leb(&b);
        if (found && kind == KIND_GLOBAL)
            index = i;
    }
    uint64_t imported = imported_globals(w->sections[IMPORTS]);
    b = w->sections[GLOBALS];
    uint64_t n = leb(&b);
    if (index < imported || index - imported >= n)
        return false;
    for (uint64_t i = imported; !b.bad; i++) {
        take(&b, 2);
        bool is_i32 = byte(&b) == I32_CONST;
        *value = (uint32_t)leb(&b);
        byte(&b);
        if (!is_i32 || i == index)
            return is_i32 && !b.bad;
    }
    return false;
}

static size_t put_leb(uint8_t *out, uint32_t v)
{
    size_t n = 0;
    for (; v > 0x7f; v >>= 7)
        out[n++] = (uint8_t)(v | 0x80);
    out[n++] = (uint8_t)v;
    return n;
}

/* The module with another memory; false: there is no memory of its own. */
static bool rewrite(const struct wasm *w, uint32_t nbytes, uint8_t *out, size_t *n)
{
    struct bytes old = w->sections[MEMORIES], limits = old;
    if (leb(&limits) != 1)
        return false;
    limits = skip_limits(limits);
    if (limits.bad || limits.at != limits.end)
        return false;
    uint8_t body[16] = {1, 8};
    size_t len = 2 + put_leb(body + 2, nbytes);
    body[len++] = 0;                    /* 2^0 */
    const uint8_t *header = old.at - 1; /* the section's length */
    while (header > w->whole.at && header[-1] & 0x80)
        header--;
    size_t before = (size_t)(header - w->whole.at), after = (size_t)(w->whole.end - old.end);
    memcpy(out, w->whole.at, before);
    *n = before;
    *n += put_leb(out + *n, (uint32_t)len);
    memcpy(out + *n, body, len);
    *n += len;
    memcpy(out + *n, old.end, after);
    *n += after;
    return true;
}

int exact_memory(const char *path)
{
    uint8_t *bytes, *out;
    size_t n;
    uint32_t needed = 0;
    if (!files_read(path, &bytes, &n))
        return EXIT_USAGE;
    struct wasm w = {.whole = {bytes, bytes + n, false}};
    const char *why = NULL;
    int status = EXIT_REFUSED;
    out = malloc(n + 32);
    if (!out)
        why = "out of memory";
    else if (!read_sections(&w) || !exported_global(&w, "__heap_base", &needed))
        why = "the linker has not said where its data end (__heap_base)";
    else if (w.grows)
        why = "it uses malloc() of wasi-libc, which takes pages of 64 KiB for granted";
    else if (!rewrite(&w, needed, out, &n))
        why = "it has no memory of its own";
    if (why) {
        complain("cc: %s: --exact-memory: %s", path, why);
        unlink(path);
    } else {
        status = files_write_bytes(path, out, n) ? EXIT_OK : EXIT_USAGE;
    }
    free(out);
    free(bytes);
    return status;
}
