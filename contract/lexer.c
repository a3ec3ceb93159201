#include "contract/lexer.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "contract/limits.h"

static const char *const keywords[KW_N] = {
    [KW_I8] = "i8",
    [KW_U8] = "u8",
    [KW_I16] = "i16",
    [KW_U16] = "u16",
    [KW_I32] = "i32",
    [KW_U32] = "u32",
    [KW_I64] = "i64",
    [KW_U64] = "u64",
    [KW_F32] = "f32",
    [KW_F64] = "f64",
    [KW_BLOCK] = "block",
    [KW_FROZEN] = "frozen",
    [KW_SLOTS] = "slots",
    [KW_CONTRACT] = "contract",
    [KW_CAPACITY] = "capacity",
    [KW_IN] = "in",
    [KW_OUT] = "out",
    [KW_MESSAGE] = "message",
    [KW_STATE] = "state",
    [KW_ONE] = "one",
    [KW_END] = "end",
    [KW_IMP] = "imp",
    [KW_EXP] = "exp",
};

void lexer_init(struct lexer *l, const char *text, size_t len, struct diag *why)
{
    *l = (struct lexer){.p = text, .end = text + len, .line = 1, .why = why};
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        l->p += 3;
    l->line_start = l->p;
    lexer_next(l);
}

void lexer_clear(struct lexer *l)
{
    strbuf_clear(&l->trail);
    strbuf_clear(&l->lead);
    strbuf_clear(&l->doc);
}

struct diag *lexer_fail(struct lexer *l, enum status code, uint32_t line, uint32_t column,
                        const char *fmt, ...)
{
    if (l->bad != OK)
        return NULL;
    l->bad = code;
    l->p = l->end;
    l->tok.kind = TOKEN_END;
    char detail[DIAG_TEXT];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(detail, sizeof detail, fmt, ap);
    va_end(ap);
    if (!l->why || l->why->code != OK)
        return NULL;
    diag_set(l->why, code, "%s", detail);
    l->why->line = line;
    l->why->column = column;
    return l->why;
}

static uint32_t column_of(const struct lexer *l, const char *p)
{
    return (uint32_t)(p - l->line_start) + 1;
}

static void new_line(struct lexer *l)
{
    l->line++;
    l->line_start = l->p;
}

/* ---- comments ---- */

/* Appends one line of a comment to `b`, which begins a new line if it holds something. */
static void note_line(struct strbuf *b, bool first, const char *s, const char *end)
{
    while (end > s && isspace((unsigned char)end[-1]))
        end--;
    if (!first)
        strbuf_puts(b, "\n");
    strbuf_put(b, s, (size_t)(end - s));
}

static void note_join(struct strbuf *to, const struct strbuf *from, const char *between)
{
    if (from->len == 0)
        return;
    if (to->len)
        strbuf_puts(to, between);
    strbuf_put(to, from->s, from->len);
}

/* The text of a block comment between its markers: each line without indentation and a leading
 * star. */
static void note_block(struct strbuf *b, const char *s, const char *end)
{
    bool first = true;
    while (s <= end) {
        const char *nl = memchr(s, '\n', (size_t)(end - s));
        const char *stop = nl ? nl : end;
        while (s < stop && (*s == ' ' || *s == '\t'))
            s++;
        if (s < stop && *s == '*')
            s++;
        if (s < stop && *s == ' ')
            s++;
        bool only = s == stop || (stop - s == 1 && *s == '\r');
        if (!(only && (first || !nl))) { /* the lines of the markers themselves are not text */
            note_line(b, first, s, stop);
            first = false;
        }
        s = stop + 1;
    }
}

/* Reads the comment at p into `b`. True unless it is not well formed. */
static bool comment(struct lexer *l, struct strbuf *b)
{
    const char *start = l->p;
    uint32_t line = l->line, column = column_of(l, start);
    const char *text = start + 2, *stop;
    if (start[1] == '/') {
        const char *nl = memchr(text, '\n', (size_t)(l->end - text));
        stop = nl ? nl : l->end;
        l->p = stop;
    } else {
        stop = memmem(text, (size_t)(l->end - text), "*/", 2);
        if (!stop) {
            struct diag *d = lexer_fail(l, CON_SYNTAX, line, column, "comment is not closed");
            diag_want(d, "`*/`");
            diag_found(d, "the end of the text");
            return false;
        }
        for (l->p = text; l->p < stop;)
            if (*l->p++ == '\n')
                new_line(l);
        l->p = stop + 2;
    }
    for (const char *c = text; c < stop; c++)
        if ((unsigned char)*c < 0x20 && *c != '\t' && *c != '\r' && *c != '\n') {
            lexer_fail(l, CON_SYNTAX, line, column, "control character 0x%02x in a comment",
                       (unsigned char)*c);
            return false;
        }
    if (!utf8_valid((const uint8_t *)text, (size_t)(stop - text))) {
        lexer_fail(l, CON_SYNTAX, line, column, "comment is not valid UTF-8");
        return false;
    }
    if (start[1] == '*')
        note_block(b, text, stop);
    else
        note_line(b, true, text < stop && *text == ' ' ? text + 1 : text, stop);
    return true;
}

/* Sorts one comment, which began on line `line`, under trail, doc or lead. `doc_end` is the line on
 * which the paragraph in `doc` ended. */
static void file_comment(struct lexer *l, const struct strbuf *text, uint32_t line,
                         uint32_t doc_end, bool *have_doc)
{
    if (line == l->last_line) {
        note_join(&l->trail, text, "\n");
        return;
    }
    if (*have_doc && line > doc_end + 1) {
        note_join(&l->lead, &l->doc, "\f");
        l->doc.len = 0;
        *have_doc = false;
    }
    if (*have_doc)
        strbuf_puts(&l->doc, "\n");
    strbuf_put(&l->doc, text->s ? text->s : "", text->len);
    *have_doc = true;
}

/* Skips blanks and comments up to the next token. */
static void skip(struct lexer *l)
{
    bool have_doc = false;
    uint32_t doc_end = 0;
    struct strbuf text = {0};
    l->trail.len = l->lead.len = l->doc.len = 0;
    while (l->p < l->end) {
        char c = *l->p;
        if (c == '\n') {
            l->p++;
            new_line(l);
        } else if (c == ' ' || c == '\t' || c == '\r') {
            l->p++;
        } else if (c == '/' && l->end - l->p >= 2 && (l->p[1] == '/' || l->p[1] == '*')) {
            uint32_t line = l->line;
            text.len = 0;
            if (!comment(l, &text))
                break;
            file_comment(l, &text, line, doc_end, &have_doc);
            doc_end = l->line;
        } else {
            break;
        }
    }
    if (have_doc && l->line > doc_end + 1) {
        note_join(&l->lead, &l->doc, "\f");
        l->doc.len = 0;
    }
    strbuf_clear(&text);
}

/* ---- tokens ---- */

static bool name_char(char c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static void read_word(struct lexer *l, struct token *t)
{
    while (l->p < l->end && name_char(*l->p))
        l->p++;
    t->len = (uint32_t)(l->p - t->text);
    t->kind = TOKEN_NAME;
    for (enum keyword k = 0; k < KW_N; k++)
        if (strlen(keywords[k]) == t->len && memcmp(keywords[k], t->text, t->len) == 0) {
            t->kind = TOKEN_KEYWORD;
            t->keyword = k;
        }
    if (t->len > CONTRACT_NAME_MAX) {
        struct diag *d = lexer_fail(l, LIM_CONTRACT, t->line, t->column, "name is too long");
        diag_want(d, "at most %d characters", CONTRACT_NAME_MAX);
        diag_found(d, "%u", t->len);
    }
}

static void read_number(struct lexer *l, struct token *t)
{
    uint64_t n = 0;
    while (l->p < l->end && *l->p >= '0' && *l->p <= '9') {
        n = n * 10 + (uint64_t)(*l->p++ - '0');
        if (n > UINT32_MAX)
            n = UINT32_MAX;
    }
    t->kind = TOKEN_NUMBER;
    t->number = (uint32_t)n;
    t->len = (uint32_t)(l->p - t->text);
    if (l->p < l->end && name_char(*l->p)) {
        struct diag *d =
            lexer_fail(l, CON_SYNTAX, t->line, t->column, "a name cannot begin with a digit");
        diag_hint(d, "numbers are decimal");
    }
}

static const struct {
    const char *text;
    enum token_kind kind;
} marks[] = {
    {"->", TOKEN_ARROW},    {"{", TOKEN_LBRACE},   {"}", TOKEN_RBRACE},   {"(", TOKEN_LPAREN},
    {")", TOKEN_RPAREN},    {"[", TOKEN_LBRACKET}, {"]", TOKEN_RBRACKET}, {":", TOKEN_COLON},
    {";", TOKEN_SEMICOLON}, {",", TOKEN_COMMA},    {"?", TOKEN_QUESTION}, {"!", TOKEN_BANG},
};

static void read_mark(struct lexer *l, struct token *t)
{
    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        size_t n = strlen(marks[i].text);
        if ((size_t)(l->end - l->p) >= n && memcmp(l->p, marks[i].text, n) == 0) {
            l->p += n;
            t->kind = marks[i].kind;
            t->len = (uint32_t)n;
            return;
        }
    }
    unsigned char c = (unsigned char)*l->p;
    struct diag *d = lexer_fail(l, CON_SYNTAX, t->line, t->column, "unexpected character");
    if (c > 0x20 && c < 0x7f)
        diag_found(d, "`%c`", c);
    else
        diag_found(d, "byte 0x%02x", c);
    if (c >= 0x80)
        diag_hint(d, "outside comments the language is plain ASCII");
}

void lexer_next(struct lexer *l)
{
    l->last_line = l->tok.len ? l->tok.line : 0;
    skip(l);
    struct token t = {
        .kind = TOKEN_END, .text = l->p, .line = l->line, .column = column_of(l, l->p)};
    if (l->bad == OK && l->p < l->end) {
        l->tok = t;
        if (*l->p >= '0' && *l->p <= '9')
            read_number(l, &t);
        else if (name_char(*l->p))
            read_word(l, &t);
        else
            read_mark(l, &t);
    }
    if (l->bad != OK)
        t.kind = TOKEN_END;
    l->tok = t;
}

void token_describe(const struct token *t, char *buf, size_t size)
{
    if (t->kind == TOKEN_END)
        snprintf(buf, size, "the end of the text");
    else
        snprintf(buf, size, "%s`%.*s`",
                 t->kind == TOKEN_NAME      ? "name "
                 : t->kind == TOKEN_KEYWORD ? "keyword "
                                            : "",
                 (int)(t->len < 100 ? t->len : 100), t->text);
}
