/* Text to tokens, with positions and comments. Private to contract/.
 *
 * One token of look-ahead. The first error sticks: from then on every token is TOKEN_END, so the
 * parser reads straight and checks once. Lines and columns count from 1; a column is a byte.
 */
#ifndef CONTRACT_LEXER_H
#define CONTRACT_LEXER_H

#include "base/arena.h"
#include "base/status.h"
#include "base/strbuf.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,
    TOKEN_KEYWORD,
    TOKEN_NUMBER,
    TOKEN_ARROW, /* -> */
    TOKEN_LBRACE,
    TOKEN_RBRACE,
    TOKEN_LPAREN,
    TOKEN_RPAREN,
    TOKEN_LBRACKET,
    TOKEN_RBRACKET,
    TOKEN_COLON,
    TOKEN_SEMICOLON,
    TOKEN_COMMA,
    TOKEN_QUESTION,
    TOKEN_BANG,
    TOKEN_N
};

/* Reserved words. The scalars come first, in the order of enum scalar. */
enum keyword {
    KW_I8,
    KW_U8,
    KW_I16,
    KW_U16,
    KW_I32,
    KW_U32,
    KW_I64,
    KW_U64,
    KW_F32,
    KW_F64,
    KW_BLOCK,
    KW_FROZEN,
    KW_SLOTS,
    KW_CONTRACT,
    KW_CAPACITY,
    KW_IN,
    KW_OUT,
    KW_MESSAGE,
    KW_STATE,
    KW_ONE,
    KW_END,
    KW_IMP,
    KW_EXP,
    KW_N
};

struct token {
    enum token_kind kind;
    enum keyword keyword; /* TOKEN_KEYWORD */
    uint32_t number;      /* TOKEN_NUMBER; UINT32_MAX if it is larger */
    const char *text;     /* in the input */
    uint32_t len;
    uint32_t line, column;
};

struct lexer {
    const char *p, *end;
    uint32_t line;
    const char *line_start;
    uint32_t last_line; /* where the token before `tok` ended */
    struct token tok;   /* the look-ahead */
    /* comments between the last token and `tok`; strbufs are malloc'ed */
    struct strbuf trail; /* on the line of the last token */
    struct strbuf lead;  /* paragraphs separated by \f */
    struct strbuf doc;   /* the paragraph that ends directly above `tok` */
    struct diag *why;
    enum status bad;
};

void lexer_init(struct lexer *l, const char *text, size_t len, struct diag *why);
void lexer_clear(struct lexer *l);
/* Reads the next token into `tok`. */
void lexer_next(struct lexer *l);
/* Records the first error at a position and empties the input. The caller adds want, found and
 * hint, which go into the record only if this call made it: returns it, or NULL. */
struct diag *lexer_fail(struct lexer *l, enum status code, uint32_t line, uint32_t column,
                        const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* "`;`", "name `Frame`", "the end of the text" */
void token_describe(const struct token *t, char *buf, size_t size);

#endif
