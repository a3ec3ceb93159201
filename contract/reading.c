#include "contract/reading.h"

#include <stdio.h>
#include <string.h>

#include "contract/limits.h"

void *parser_array(struct parser *p, struct arena *a, size_t n, size_t size)
{
    void *v = arena_array(a, n, size);
    if (!v)
        lexer_fail(&p->lex, E_NOMEM, 0, 0, "contract");
    return v;
}

const char *reading_text(struct parser *p, const char *s, size_t n)
{
    if (n == 0)
        return "";
    const char *t = arena_strndup(p->a, s, n);
    if (!t)
        lexer_fail(&p->lex, E_NOMEM, 0, 0, "contract");
    return t ? t : "";
}

const char *reading_token_text(struct parser *p, const struct token *t)
{
    return reading_text(p, t->text, t->len);
}

bool reading_room(struct parser *p, void **at, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap)
        return true;
    uint32_t more = *cap ? *cap * 2 : 16;
    void *v = parser_array(p, &p->scratch, more, size);
    if (!v)
        return false;
    if (n)
        memcpy(v, *at, n * size);
    *at = v;
    *cap = more;
    return true;
}
/* ---- comments ---- */

static void note_add(struct reading *r, struct strbuf *more)
{
    struct notes *n = r->owner;
    if (more->len == 0 || !n || !parser_ok(r->p))
        return; /* after an error a declaration is left early, and its notes with it */
    size_t had = strlen(n->doc);
    char *doc = arena_alloc(r->p->a, had + more->len + 2);
    if (!doc) {
        lexer_fail(&r->p->lex, E_NOMEM, 0, 0, "contract");
        return;
    }
    memcpy(doc, n->doc, had);
    if (had)
        doc[had++] = '\n';
    memcpy(doc + had, more->s, more->len);
    for (char *c = doc + had; *c; c++)
        if (*c == '\f')
            *c = '\n';
    n->doc = doc;
    more->len = 0;
}

static void stray_add(struct reading *r, struct strbuf *b)
{
    if (b->len == 0)
        return;
    if (r->stray.len)
        strbuf_puts(&r->stray, "\n");
    strbuf_put(&r->stray, b->s, b->len);
    b->len = 0;
}

struct notes *reading_begin(struct reading *r, struct notes *n)
{
    struct lexer *l = &r->p->lex;
    note_add(r, &r->stray);
    note_add(r, &l->trail);
    struct notes *outer = r->owner;
    n->lead = reading_text(r->p, strbuf_text(&l->lead), l->lead.len);
    n->doc = reading_text(r->p, strbuf_text(&l->doc), l->doc.len);
    l->lead.len = l->doc.len = 0;
    r->owner = n;
    return outer;
}

void reading_end(struct reading *r, struct notes *outer)
{
    note_add(r, &r->stray);
    note_add(r, &r->p->lex.trail);
    r->owner = outer;
}

const char *reading_tail(struct reading *r)
{
    struct lexer *l = &r->p->lex;
    if (l->lead.len && l->doc.len)
        strbuf_puts(&l->lead, "\f");
    strbuf_put(&l->lead, strbuf_text(&l->doc), l->doc.len);
    const char *t = reading_text(r->p, strbuf_text(&l->lead), l->lead.len);
    l->lead.len = l->doc.len = 0;
    return t;
}

/* ---- tokens ---- */

void reading_advance(struct reading *r)
{
    struct lexer *l = &r->p->lex;
    stray_add(r, &l->trail);
    stray_add(r, &l->lead);
    stray_add(r, &l->doc);
    lexer_next(l);
}

bool reading_at(const struct reading *r, enum token_kind k)
{
    return r->p->lex.tok.kind == k;
}

bool reading_at_keyword(const struct reading *r, enum keyword k)
{
    return reading_at(r, TOKEN_KEYWORD) && r->p->lex.tok.keyword == k;
}

bool reading_at_scalar(const struct reading *r)
{
    return reading_at(r, TOKEN_KEYWORD) && r->p->lex.tok.keyword <= KW_F64;
}

/* Not what the grammar wants here. */
struct diag *reading_unexpected(struct reading *r, const char *want)
{
    struct token t = r->p->lex.tok;
    char found[160];
    token_describe(&t, found, sizeof found);
    struct diag *d = lexer_fail(&r->p->lex, CON_SYNTAX, t.line, t.column, "%s", r->where);
    diag_want(d, "%s", want);
    diag_found(d, "%s", found);
    return d;
}

struct diag *reading_fail(struct reading *r, enum status code, const struct token *t,
                          const char *detail)
{
    return lexer_fail(&r->p->lex, code, t->line, t->column, "%s, %s", detail, r->where);
}

void reading_expect(struct reading *r, enum token_kind k, const char *want)
{
    if (reading_at(r, k))
        reading_advance(r);
    else
        reading_unexpected(r, want);
}

struct token reading_name(struct reading *r, const char *want)
{
    struct token t = r->p->lex.tok;
    if (t.kind == TOKEN_NAME) {
        reading_advance(r);
        return t;
    }
    struct diag *d = reading_unexpected(r, want);
    if (t.kind == TOKEN_KEYWORD)
        diag_hint(d, "`%.*s` is a word of the language: choose another name", (int)t.len, t.text);
    return (struct token){.kind = TOKEN_END, .text = "", .line = t.line, .column = t.column};
}

struct token reading_member_name(struct reading *r, const char *want)
{
    struct token t = r->p->lex.tok;
    if (t.kind != TOKEN_KEYWORD)
        return reading_name(r, want);
    reading_advance(r);
    return t;
}

struct token reading_declared_name(struct reading *r, const char *kind)
{
    char want[60];
    snprintf(want, sizeof want, "a name for the %s", kind);
    struct token t = reading_name(r, want);
    if (t.len == 3 && memcmp(t.text, "ref", 3) == 0) {
        struct diag *d = reading_fail(r, CON_SYNTAX, &t, "the name `ref` is taken");
        diag_hint(d, "`singula/ref` is the module of operations on every reference");
    }
    if (t.len)
        snprintf(r->where, sizeof r->where, "in %s `%.*s`", kind, (int)t.len, t.text);
    return t;
}

void reading_duplicate(struct reading *r, const struct token *t, const char *kind, uint32_t line)
{
    struct diag *d =
        lexer_fail(&r->p->lex, CON_DUPLICATE, t->line, t->column, "%s `%.*s` is there twice, %s",
                   kind, (int)t->len, t->text, r->where);
    diag_want(d, "another name than in line %u", line);
    diag_hint(d, "names within one declaration are unique");
}

bool token_is(const char *name, const struct token *t)
{
    return strlen(name) == t->len && memcmp(name, t->text, t->len) == 0;
}

/* ---- types ---- */

void reading_ref(struct reading *r, struct ref_use use, struct xref_type *out, const char *want)
{
    *out = (struct xref_type){REF_BLOCK, CONTRACT_NONE, CONTRACT_NONE, CONTRACT_NONE};
    if (reading_at_keyword(r, KW_FROZEN))
        out->kind = REF_FROZEN;
    else if (reading_at_keyword(r, KW_IMP))
        out->kind = REF_IMP;
    else if (reading_at_keyword(r, KW_EXP))
        out->kind = REF_EXP;
    if (out->kind != REF_BLOCK)
        reading_advance(r);
    bool endpoint = out->kind == REF_IMP || out->kind == REF_EXP;
    struct token name = reading_name(r, out->kind == REF_BLOCK ? want
                                        : endpoint             ? "the name of a contract"
                                                               : "the name of a block");
    use.name = reading_token_text(r->p, &name);
    use.line = name.line;
    use.column = name.column;
    if (endpoint) {
        reading_expect(r, TOKEN_COLON, "`:` and a state of the contract");
        struct token state = reading_name(r, "a state of the contract");
        use.state = reading_token_text(r->p, &state);
        use.state_line = state.line;
        use.state_column = state.column;
    }
    if (parser_ok(r->p))
        PUSH(r->p, &r->p->refs, use);
}

enum scalar reading_scalar(struct reading *r)
{
    enum scalar s = (enum scalar)r->p->lex.tok.keyword;
    reading_advance(r);
    return s;
}

uint32_t reading_declare(struct reading *r, const struct token *name, bool contract, bool *repeated)
{
    struct parser *p = r->p;
    struct contract_set names = {.blocks = p->blocks[0].at, .contracts = p->contracts[0].at};
    *repeated = false;
    if (!parser_ok(p))
        return 0;
    uint16_t *slot = index_slot(p->index, &names, name->text, name->len);
    uint32_t kind = contract ? INDEX_CONTRACT : 0;
    if (*slot != 0) {
        uint32_t first = (*slot & ~INDEX_CONTRACT) - 1;
        *repeated = true;
        if ((*slot & INDEX_CONTRACT) != kind)
            reading_duplicate(r, name, "name",
                              contract ? p->blocks[0].at[first].line
                                       : p->contracts[0].at[first].line);
        return contract ? p->contracts[1].n : p->blocks[1].n;
    }
    if (p->blocks[0].n + p->contracts[0].n == CONTRACT_DECLS_MAX) {
        struct diag *d = reading_fail(r, LIM_CONTRACT, name, "too many declarations");
        diag_want(d, "at most %d blocks and contracts", CONTRACT_DECLS_MAX);
        return 0;
    }
    uint32_t n = contract ? p->contracts[0].n : p->blocks[0].n;
    *slot = (uint16_t)(kind | (n + 1));
    return n;
}
