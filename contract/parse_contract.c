/* The grammar of contracts: messages, states, chains. A chain's inner states get their names here.
 */
#include "contract/reading.h"

#include <stdio.h>
#include <string.h>

#include "contract/limits.h"
#include "contract/nearest.h"

/* A transition with the names it was written with. */
struct step {
    uint32_t from;
    struct token message;
    enum direction dir;
    struct token target; /* kind TOKEN_END: `next` says where */
    uint32_t next;       /* STATE_END or the anonymous state of a chain */
};

struct contract_reading {
    struct contract contract;
    struct message messages[CONTRACT_MESSAGES_MAX];
    struct message_param params[MESSAGE_SCALARS]; /* of the message being read */
    struct state states[CONTRACT_STATES_MAX];
    VECTOR(struct step) steps;
    bool repeated;
    uint32_t decl;
};

static void message_ref(struct reading *r, struct contract_reading *c, struct message *m,
                        uint32_t position)
{
    struct token type = r->p->lex.tok;
    struct xref_type ref;
    struct ref_use use = {.place = IN_CONTRACT,
                          .repeated = c->repeated,
                          .decl = c->decl,
                          .item = c->contract.nmessages};
    reading_ref(r, use, &ref,
                "a parameter: a scalar such as `u32`, a block, `frozen`, `imp` or `exp`");
    if (m->ref.kind != REF_NONE) {
        struct diag *d = reading_fail(r, CON_MESSAGE, &type, "second reference in one message");
        diag_want(d, "at most one reference");
        diag_hint(d, "put both into a block and send that");
        return;
    }
    m->ref = ref;
    m->ref_at = position;
}

/* One parameter. *size is the C struct of the scalars so far, without padding at its end. */
static void parse_param(struct reading *r, struct contract_reading *c, struct message *m,
                        uint32_t position, uint32_t *size, uint32_t *align)
{
    bool scalar = reading_at_scalar(r);
    enum scalar type = SC_N;
    if (scalar)
        type = reading_scalar(r);
    else
        message_ref(r, c, m, position);
    if (reading_at(r, TOKEN_LBRACKET)) {
        struct diag *d = reading_fail(r, CON_MESSAGE, &r->p->lex.tok, "array in a message");
        diag_hint(d, "messages carry scalars and one reference: put the array into a block");
    }
    if (reading_at(r, TOKEN_BANG) || reading_at(r, TOKEN_QUESTION)) {
        struct diag *d =
            reading_fail(r, CON_MESSAGE, &r->p->lex.tok, "mark after a parameter's type");
        diag_hint(d, "a reference in a message is never null and needs no mark");
    }
    struct token name = reading_member_name(r, "the name of the parameter");
    bool twice = m->ref_name && scalar && token_is(m->ref_name, &name);
    for (uint32_t i = 0; i < m->nparams; i++)
        twice |= token_is(c->params[i].name, &name);
    if (twice)
        reading_duplicate(r, &name, "parameter", m->line);
    if (!parser_ok(r->p))
        return;
    if (!scalar) {
        m->ref_name = reading_token_text(r->p, &name);
        return;
    }
    uint32_t n = scalar_size(type), offset = round_up(*size, n);
    if (offset + n <= MESSAGE_SCALARS)
        c->params[m->nparams++] = (struct message_param){
            .name = reading_token_text(r->p, &name), .scalar = type, .offset = offset};
    *size = offset + n;
    *align = n > *align ? n : *align;
}

static void parse_message(struct reading *r, struct contract_reading *c)
{
    struct message m = {.dir = reading_at_keyword(r, KW_IN) ? DIR_IN : DIR_OUT};
    struct notes *outer = reading_begin(r, &m.notes);
    uint32_t size = 0, align = 1, position = 0;
    reading_advance(r);
    if (reading_at_keyword(r, KW_MESSAGE))
        reading_advance(r);
    else
        reading_unexpected(r, "`message`");
    struct token name = reading_name(r, "the name of the message");
    for (uint32_t i = 0; i < c->contract.nmessages; i++)
        if (token_is(c->messages[i].name, &name))
            reading_duplicate(r, &name, "message", c->messages[i].line);
    if (c->contract.nmessages == CONTRACT_MESSAGES_MAX) {
        struct diag *d = reading_fail(r, LIM_CONTRACT, &name, "too many messages");
        diag_want(d, "at most %d", CONTRACT_MESSAGES_MAX);
        return;
    }
    m.name = reading_token_text(r->p, &name);
    m.line = name.line;
    m.column = name.column;
    reading_expect(r, TOKEN_LPAREN, "`(`");
    while (!reading_at(r, TOKEN_RPAREN) && parser_ok(r->p)) {
        parse_param(r, c, &m, position++, &size, &align);
        if (reading_at(r, TOKEN_RPAREN))
            break;
        reading_expect(r, TOKEN_COMMA, "`,` or `)`");
        if (reading_at(r, TOKEN_RPAREN))
            reading_unexpected(r, "another parameter");
    }
    reading_expect(r, TOKEN_RPAREN, "`)`");
    reading_expect(r, TOKEN_SEMICOLON, "`;`");
    reading_end(r, outer);
    m.scalars_size = round_up(size, align);
    if (m.scalars_size > MESSAGE_SCALARS) {
        struct diag *d = reading_fail(r, CON_MESSAGE, &name, "too many scalars in one message");
        diag_want(d, "at most %d bytes, laid out as a C struct", MESSAGE_SCALARS);
        diag_found(d, "%u bytes", m.scalars_size);
        diag_hint(d, "put them into a block: a message is one cache line");
    }
    m.params = PARSER_ARRAY(r->p, r->p->a, m.nparams, struct message_param);
    if (!parser_ok(r->p))
        return;
    memcpy(m.params, c->params, m.nparams * sizeof *m.params);
    c->messages[c->contract.nmessages++] = m;
}

static struct state *state_add(struct reading *r, struct contract_reading *c, const char *name,
                               const struct token *t)
{
    if (c->contract.nstates == CONTRACT_STATES_MAX) {
        struct diag *d = reading_fail(r, LIM_CONTRACT, t, "too many states");
        diag_want(d, "at most %d, those inside chains included", CONTRACT_STATES_MAX);
    }
    if (!parser_ok(r->p))
        return NULL;
    struct state *s = &c->states[c->contract.nstates++];
    *s = (struct state){.name = name, .notes = {"", ""}, .line = t->line, .column = t->column};
    return s;
}

static void step_add(struct reading *r, struct contract_reading *c, const struct step *s)
{
    if (c->steps.n == CONTRACT_TRANSITIONS_MAX) {
        struct diag *d = reading_fail(r, LIM_CONTRACT, &s->message, "too many transitions");
        diag_want(d, "at most %d", CONTRACT_TRANSITIONS_MAX);
    }
    if (parser_ok(r->p))
        PUSH(r->p, &c->steps, *s);
}

/* The anonymous state that message `m` of a chain leads to from state `from`. */
static uint32_t chain_state(struct reading *r, struct contract_reading *c, uint32_t from,
                            const struct token *m)
{
    const char *base = c->states[from].name;
    size_t n = strlen(base);
    char *name = PARSER_ARRAY(r->p, r->p->a, n + m->len + 2, char);
    if (!name)
        return STATE_END;
    memcpy(name, base, n);
    name[n] = '.';
    memcpy(name + n + 1, m->text, m->len);
    struct state *s = state_add(r, c, name, m);
    if (!s)
        return STATE_END;
    s->anonymous = true;
    return c->contract.nstates - 1;
}

/* `A? -> B! -> Target;` in state `from`. */
static void parse_chain(struct reading *r, struct contract_reading *c, uint32_t from)
{
    struct step s = {.from = from, .message = reading_name(r, "a message, or `end`")};
    while (parser_ok(r->p)) {
        s.dir = reading_at(r, TOKEN_QUESTION) ? DIR_IN : DIR_OUT;
        if (!reading_at(r, TOKEN_QUESTION) && !reading_at(r, TOKEN_BANG)) {
            struct diag *d = reading_unexpected(r, "`?` (the exp side receives) or `!` (it sends)");
            diag_hint(d, "every message on the way is marked: `Request? -> Answer! -> State;`");
            return;
        }
        reading_advance(r);
        reading_expect(r, TOKEN_ARROW, "`->` and the next state");
        s.target.kind = TOKEN_END;
        s.next = STATE_END;
        if (reading_at_keyword(r, KW_END)) {
            reading_advance(r);
            step_add(r, c, &s);
            break;
        }
        struct token next = reading_name(r, "a state, a further message, or `end`");
        if (!reading_at(r, TOKEN_QUESTION) && !reading_at(r, TOKEN_BANG)) {
            s.target = next;
            step_add(r, c, &s);
            break;
        }
        s.next = chain_state(r, c, s.from, &s.message);
        step_add(r, c, &s);
        s.from = s.next;
        s.message = next;
    }
    reading_expect(r, TOKEN_SEMICOLON, "`;`");
}

/* A chain or `end;` */
static void parse_alternative(struct reading *r, struct contract_reading *c, uint32_t state)
{
    if (!reading_at_keyword(r, KW_END)) {
        parse_chain(r, c, state);
        return;
    }
    if (c->states[state].may_end) {
        struct diag *d = reading_fail(r, CON_DUPLICATE, &r->p->lex.tok, "`end;` is there twice");
        diag_hint(d, "one `end;` says that either side may close here");
    }
    reading_advance(r);
    reading_expect(r, TOKEN_SEMICOLON, "`;`");
    c->states[state].may_end = true;
}

static void parse_state(struct reading *r, struct contract_reading *c)
{
    struct notes notes;
    struct notes *outer = reading_begin(r, &notes);
    reading_advance(r);
    struct token name = reading_name(r, "the name of the state");
    for (uint32_t i = 0; i < c->contract.nstates; i++)
        if (!c->states[i].anonymous && token_is(c->states[i].name, &name))
            reading_duplicate(r, &name, "state", c->states[i].line);
    struct state *s = state_add(r, c, reading_token_text(r->p, &name), &name);
    if (!s)
        return;
    uint32_t index = c->contract.nstates - 1;
    reading_expect(r, TOKEN_COLON, "`:`");
    if (reading_at_keyword(r, KW_ONE)) {
        reading_advance(r);
        reading_expect(r, TOKEN_LBRACE, "`{`");
        do
            parse_alternative(r, c, index);
        while (!reading_at(r, TOKEN_RBRACE) && parser_ok(r->p));
        reading_expect(r, TOKEN_RBRACE, "`}`");
    } else {
        if (reading_at(r, TOKEN_LBRACE)) {
            struct diag *d = reading_unexpected(r, "a message, `end` or `one`");
            diag_hint(d, "alternatives are written `one { ... }`");
        }
        parse_alternative(r, c, index);
    }
    reading_end(r, outer);
    s->notes = notes;
}

static uint32_t parse_capacity(struct reading *r)
{
    if (!reading_at_keyword(r, KW_CAPACITY))
        return 0;
    reading_advance(r);
    struct token n = r->p->lex.tok;
    reading_expect(r, TOKEN_NUMBER, "a number of messages");
    if (parser_ok(r->p) && (n.number == 0 || n.number > CONTRACT_CAPACITY_MAX)) {
        struct diag *d = reading_fail(r, n.number ? LIM_CONTRACT : CON_SYNTAX, &n, "capacity");
        diag_want(d, "1 to %d messages", CONTRACT_CAPACITY_MAX);
        diag_found(d, "%.*s", (int)(n.len < 20 ? n.len : 20), n.text);
    }
    return n.number;
}

/* The message of a step, whose mark must agree with its direction. */
static uint32_t step_message(struct reading *r, const struct contract *t, const struct step *s)
{
    uint32_t m = contract_find_message(t, s->message.text, s->message.len);
    if (m == CONTRACT_NONE) {
        struct nearest near;
        nearest_init(&near, s->message.text, s->message.len);
        for (uint32_t i = 0; i < t->nmessages; i++)
            nearest_offer(&near, t->messages[i].name);
        struct diag *d = reading_fail(r, CON_UNKNOWN_NAME, &s->message, "no such message");
        diag_want(d, "a message of the contract");
        diag_found(d, "`%.*s`", (int)s->message.len, s->message.text);
        if (near.name[0])
            diag_hint(d, "did you mean `%s`?", near.name);
        return 0;
    }
    if (t->messages[m].dir != s->dir) {
        bool in = t->messages[m].dir == DIR_IN;
        struct diag *d = reading_fail(r, CON_DIRECTION, &s->message, t->messages[m].name);
        diag_want(d, in ? "`?`: an `in` message is received by the exp side"
                        : "`!`: an `out` message is sent by the exp side");
        diag_found(d, in ? "`!`" : "`?`");
        diag_hint(d, "write `%s%s`, or declare it `%s message`", t->messages[m].name,
                  in ? "?" : "!", in ? "out" : "in");
    }
    return m;
}

static uint32_t step_target(struct reading *r, const struct contract *t, const struct step *s)
{
    if (s->target.kind == TOKEN_END)
        return s->next;
    struct nearest near;
    nearest_init(&near, s->target.text, s->target.len);
    for (uint32_t i = 0; i < t->nstates; i++) {
        if (t->states[i].anonymous)
            continue;
        if (token_is(t->states[i].name, &s->target))
            return i;
        nearest_offer(&near, t->states[i].name);
    }
    struct diag *d = reading_fail(r, CON_UNKNOWN_NAME, &s->target, "no such state");
    diag_want(d, "a state of the contract");
    diag_found(d, "`%.*s`", (int)s->target.len, s->target.text);
    if (contract_find_message(t, s->target.text, s->target.len) != CONTRACT_NONE)
        diag_hint(d, "a message inside a chain is marked `?` or `!`");
    else if (near.name[0])
        diag_hint(d, "did you mean `%s`?", near.name);
    return 0;
}

/* Gives the steps their messages and states, and each state its transitions. */
static void steps_to_tables(struct reading *r, struct contract_reading *c)
{
    struct contract *t = &c->contract;
    struct transition *all = PARSER_ARRAY(r->p, r->p->a, c->steps.n, struct transition);
    if (!all)
        return;
    for (uint32_t s = 0; s < t->nstates; s++) {
        t->states[s].transitions = all;
        for (uint32_t i = 0; i < c->steps.n && parser_ok(r->p); i++) {
            const struct step *from = &c->steps.at[i];
            if (from->from != s)
                continue;
            *all = (struct transition){.message = step_message(r, t, from),
                                       .next = step_target(r, t, from),
                                       .line = from->message.line,
                                       .column = from->message.column};
            all++;
            t->states[s].ntransitions++;
        }
    }
}

struct contract_reading *parse_contract_room(struct parser *p)
{
    return PARSER_ARRAY(p, &p->scratch, 1, struct contract_reading);
}

void parse_contract(struct reading *r)
{
    struct parser *p = r->p;
    struct contract_reading *c = r->contract;
    struct contract *t = &c->contract;
    *t = (struct contract){0};
    c->steps.n = 0;
    struct notes *outer = reading_begin(r, &t->notes);
    reading_advance(r);
    struct token name = reading_declared_name(r, "contract");
    c->decl = reading_declare(r, &name, true, &c->repeated);
    t->name = reading_token_text(p, &name);
    t->line = name.line;
    t->column = name.column;
    t->capacity = parse_capacity(r);
    reading_expect(r, TOKEN_LBRACE, "`{`");
    while (!reading_at(r, TOKEN_RBRACE) && parser_ok(p)) {
        if (reading_at_keyword(r, KW_IN) || reading_at_keyword(r, KW_OUT))
            parse_message(r, c);
        else if (reading_at_keyword(r, KW_STATE))
            parse_state(r, c);
        else
            reading_unexpected(r, "`in message`, `out message`, `state` or `}`");
    }
    t->tail = reading_tail(r);
    reading_expect(r, TOKEN_RBRACE, "`}`");
    reading_end(r, outer);
    t->messages = PARSER_ARRAY(p, p->a, t->nmessages, struct message);
    t->states = PARSER_ARRAY(p, p->a, t->nstates, struct state);
    if (!parser_ok(p))
        return;
    memcpy(t->messages, c->messages, t->nmessages * sizeof *t->messages);
    memcpy(t->states, c->states, t->nstates * sizeof *t->states);
    steps_to_tables(r, c);
    if (parser_ok(p))
        PUSH(p, &p->contracts[c->repeated], *t);
}
