#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct strbuf *b, size_t more)
{
    if (b->failed)
        return false;
    if (b->cap - b->len > more)
        return true;
    size_t cap = b->cap ? b->cap : 64;
    while (cap - b->len <= more)
        cap *= 2;
    char *s = realloc(b->s, cap);
    if (!s) {
        b->failed = true;
        return false;
    }
    b->s = s;
    b->cap = cap;
    return true;
}

const char *strbuf_text(const struct strbuf *b)
{
    return b->s ? b->s : "";
}

void strbuf_put(struct strbuf *b, const char *bytes, size_t n)
{
    if (!reserve(b, n))
        return;
    memcpy(b->s + b->len, bytes, n);
    b->len += n;
    b->s[b->len] = 0;
}

char *strbuf_reserve(struct strbuf *b, size_t n)
{
    return reserve(b, n) ? b->s + b->len : NULL;
}

void strbuf_puts(struct strbuf *b, const char *s)
{
    strbuf_put(b, s, strlen(s));
}

void strbuf_put_visible(struct strbuf *b, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        bool c1 = c == 0xc2 && i + 1 < n && ((unsigned char)bytes[i + 1] & 0xe0) == 0x80;
        if (c1) /* U+0080 to U+009f are control characters too */
            strbuf_printf(b, "\\x%02x", (unsigned char)bytes[++i]);
        else if (c < 0x20 || c == 0x7f)
            strbuf_printf(b, "\\x%02x", c);
        else
            strbuf_put(b, bytes + i, 1);
    }
}

void strbuf_put_ascii(struct strbuf *b, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c < 0x20 || c > 0x7e || c == '\\')
            strbuf_printf(b, "\\x%02x", c);
        else
            strbuf_put(b, bytes + i, 1);
    }
}

void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n >= 0 && reserve(b, (size_t)n)) {
        vsnprintf(b->s + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    strbuf_vprintf(b, fmt, ap);
    va_end(ap);
}

char *strbuf_take(struct strbuf *b)
{
    char *s = b->failed ? NULL : b->s ? b->s : calloc(1, 1);
    if (b->failed)
        free(b->s);
    *b = (struct strbuf){0};
    return s;
}

void strbuf_clear(struct strbuf *b)
{
    free(b->s);
    *b = (struct strbuf){0};
}
