/* A growing text buffer; always NUL-terminated. Out of memory is sticky: `failed` is set and text
 * is lost. */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
    char *s; /* NULL while empty */
    size_t len, cap;
    bool failed;
};

/* The text; "" while empty. Owned by the buffer, valid until the next call. */
const char *strbuf_text(const struct strbuf *b);
void strbuf_put(struct strbuf *b, const char *bytes, size_t n);
/* Room for n bytes at the end, for who writes them itself and then says how many they were; NULL
 * when out of memory. */
char *strbuf_reserve(struct strbuf *b, size_t n);
static inline void strbuf_commit(struct strbuf *b, size_t n)
{
    b->len += n;
    b->s[b->len] = 0;
}
void strbuf_puts(struct strbuf *b, const char *s);
/* UTF-8 from outside, as a person may see it: control characters (terminal escapes, line ends) as
 * \xNN. */
void strbuf_put_visible(struct strbuf *b, const char *bytes, size_t n);
/* The same for bytes that may be no text at all: of those that are not printable ASCII, and of the
 * backslash, \xNN. */
void strbuf_put_ascii(struct strbuf *b, const char *bytes, size_t n);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));
/* Gives the text away (malloc'ed; NULL when out of memory); the buffer is empty again. */
char *strbuf_take(struct strbuf *b);
void strbuf_clear(struct strbuf *b);

#endif
