/* Reading declarations: tokens, errors and comments, above the lexer and below the grammar. Private
 * to contract/. */
#ifndef CONTRACT_READING_H
#define CONTRACT_READING_H

#include "contract/parser.h"

struct block_reading;
struct contract_reading;

struct reading {
    struct parser *p;
    struct notes *owner;         /* innermost declaration being read: takes stray comments */
    struct strbuf stray;         /* comments that no declaration has taken yet */
    char where[100];             /* "in block `Frame`" */
    struct block_reading *block; /* room for the parts of the declaration being read, used again */
    struct contract_reading *contract; /* for the next one */
};

/* Appends to a vector in the scratch arena. */
bool reading_room(struct parser *p, void **at, uint32_t n, uint32_t *cap, size_t size);
#define PUSH(p, vec, value)                                                                        \
    do {                                                                                           \
        if (reading_room((p), (void **)&(vec)->at, (vec)->n, &(vec)->cap, sizeof *(vec)->at))      \
            (vec)->at[(vec)->n++] = (value);                                                       \
    } while (0)

/* Copies in the caller's arena; "" when memory is exhausted (which is recorded). */
const char *reading_text(struct parser *p, const char *s, size_t n);
const char *reading_token_text(struct parser *p, const struct token *t);
bool token_is(const char *name, const struct token *t);

/* The look-ahead begins a declaration: the comments before it are its own. Returns the enclosing
 * one. */
struct notes *reading_begin(struct reading *r, struct notes *n);
/* Its last token was read: what stands behind it on that line is its own. */
void reading_end(struct reading *r, struct notes *outer);
/* The comments before a closing brace or the end of the text, as notes.lead. */
const char *reading_tail(struct reading *r);

void reading_advance(struct reading *r);
bool reading_at(const struct reading *r, enum token_kind k);
bool reading_at_keyword(const struct reading *r, enum keyword k);
bool reading_at_scalar(const struct reading *r);
void reading_expect(struct reading *r, enum token_kind k, const char *want);
/* A name; a token without text after an error. */
struct token reading_name(struct reading *r, const char *want);
/* The name of a field or parameter: words of the language will do, since nothing else can stand
 * there. */
struct token reading_member_name(struct reading *r, const char *want);
/* The name of a block or contract: they share one namespace with `singula/ref`. */
struct token reading_declared_name(struct reading *r, const char *kind);

/* Errors. The record, to be completed; NULL if it was not the first error. */
struct diag *reading_unexpected(struct reading *r, const char *want);
struct diag *reading_fail(struct reading *r, enum status code, const struct token *t,
                          const char *detail);
void reading_duplicate(struct reading *r, const struct token *t, const char *kind, uint32_t line);

/* `Block`, `frozen Block`, `imp C:S`, `exp C:S` at the look-ahead. Pushes `use`, completed, and
 * sets *out but for the indices, which resolve_names() knows. */
void reading_ref(struct reading *r, struct ref_use use, struct xref_type *out, const char *want);
/* The scalar at the look-ahead. */
enum scalar reading_scalar(struct reading *r);
/* Enters the name of a declaration into the index. *repeated: it was there. Returns the index that
 * it will have in blocks[*repeated] or contracts[*repeated]. */
uint32_t reading_declare(struct reading *r, const struct token *name, bool contract,
                         bool *repeated);

struct contract_reading *parse_contract_room(struct parser *p);
void parse_contract(struct reading *r);

static inline uint32_t round_up(uint32_t n, uint32_t to)
{
    return (n + to - 1) & ~(to - 1);
}

#endif
