/* The inferred signature of each function, in the words of the contracts: what it takes, borrows,
 * needs and gives, for each way in which it is called.
 *
 *     func[5] $serve(Camera.exp@Opening -> Ready|Start)      borrows an end, and moves it on
 *     func[6] $eat(own Frame)                                consumes its argument
 *     func[7] $make(i32) -> own Frame?                       gives a new one, or null
 */
#include "verifier/own_int.h"

#include <stdio.h>
#include <string.h>

static void put_func(struct own_ctx *c, uint32_t func, struct strbuf *out)
{
    char name[DIAG_NAME] = "";
    names_print(names_find(c->names, func), name, sizeof name);
    strbuf_printf(out, "func[%u]%s%s", func, name[0] ? " $" : "", name);
}

static void put_states(struct own_ctx *c, const struct own_res *res, struct strbuf *out)
{
    char states[600];
    own_states_text(&c->m->contracts->contracts[res->type], res->states, "|", states,
                    sizeof states);
    strbuf_printf(out, "%s%s", states, res->pend ? " with a message announced" : "");
}

static void put_resource(struct own_ctx *c, const struct own_res *res, struct strbuf *out)
{
    const struct own_run r = {.c = c};
    char name[160];
    strbuf_printf(out, "%s%s", own_res_name(&r, res, name, sizeof name), res->maybe ? "?" : "");
    if (res->kind == RES_ENDPOINT) {
        strbuf_printf(out, "@");
        put_states(c, res, out);
    }
}

/* The fields of a block that a call fills or empties. */
static void put_filled(struct own_ctx *c, const struct own_res *before, const struct own_res *after,
                       struct strbuf *out)
{
    const struct block_type *b = &c->m->contracts->blocks[before->type];
    for (uint32_t i = 0; i < b->nfields; i++) {
        const struct block_field *f = &b->fields[i];
        if (f->ref.kind == REF_NONE || !((before->filled ^ after->filled) >> f->child & 1))
            continue;
        strbuf_printf(out, " %s %s", after->filled >> f->child & 1 ? "fills" : "may empty",
                      f->name);
    }
}

static const struct own_res *after_call(const struct own_state *result, uint32_t param)
{
    for (uint32_t i = 0; i < result->nres; i++)
        if (result->res[i].kind != RES_NONE && result->res[i].param == param)
            return &result->res[i];
    return NULL;
}

/* A resource that the caller passes in: what it is, and what becomes of it. */
static void put_passed(struct own_ctx *c, const struct own_summary *s, uint32_t k,
                       struct strbuf *out)
{
    const struct own_res *before = &s->kept->entry->res[k];
    bool gone = s->kept->result && s->kept->result->gone & CASE_BIT(k);
    const struct own_res *after =
        s->kept->result && !gone ? after_call(s->kept->result, k + 1) : NULL;
    strbuf_printf(out, gone ? "own " : "");
    put_resource(c, before, out);
    if (!after)
        return;
    if (before->kind == RES_ENDPOINT &&
        (after->states != before->states || after->pend != before->pend)) {
        strbuf_printf(out, " -> ");
        put_states(c, after, out);
    }
    if (before->kind == RES_BLOCK)
        put_filled(c, before, after, out);
}

static void put_param(struct own_ctx *c, const struct own_summary *s, uint32_t i, uint8_t type,
                      struct strbuf *out)
{
    const struct own_value *v = &s->kept->entry->v[i];
    if (type != VT_EXTERNREF) {
        strbuf_printf(out, "%s", valtype_name(type));
        return;
    }
    for (uint32_t k = 0; v->kind == OV_REF && k < i; k++)
        if (s->kept->entry->v[k].kind == OV_REF && s->kept->entry->v[k].x == v->x) {
            strbuf_printf(out, "the same as parameter %u", k);
            return;
        }
    switch ((enum own_kind)v->kind) {
    case OV_REF:
        put_passed(c, s, v->x, out);
        return;
    case OV_NULL:
        strbuf_printf(out, "null");
        return;
    case OV_FOREIGN:
        strbuf_printf(out, "of unknown origin");
        return;
    case OV_DEAD:
    case OV_BAD:
    case OV_TOP:
    case OV_CONST:
    case OV_TABLE:
        strbuf_printf(out, "unusable");
        return;
    }
}

static void put_result(struct own_ctx *c, const struct own_summary *s, uint32_t i, uint8_t type,
                       struct strbuf *out)
{
    const struct own_value *v = &s->kept->result->v[i];
    if (type != VT_EXTERNREF) {
        strbuf_printf(out, "%s", valtype_name(type));
    } else if (v->kind == OV_NULL) {
        strbuf_printf(out, "null");
    } else if (v->kind != OV_REF) {
        strbuf_printf(out, v->kind == OV_FOREIGN ? "of unknown origin" : "unusable");
    } else if (s->kept->result->res[v->x].param != PARAM_NONE) {
        for (uint32_t k = 0; k < own_type_of(c, s->c.func)->nparams; k++)
            if (s->kept->entry->v[k].kind == OV_REF &&
                s->kept->entry->v[k].x == s->kept->result->res[v->x].param - 1) {
                strbuf_printf(out, "parameter %u", k);
                return;
            }
        strbuf_printf(out, "a parameter");
    } else {
        strbuf_printf(out, "own ");
        put_resource(c, &s->kept->result->res[v->x], out);
    }
}

static void put_signature(struct own_ctx *c, const struct own_summary *s, struct strbuf *out)
{
    const struct functype *t = own_type_of(c, s->c.func);
    put_func(c, s->c.func, out);
    strbuf_printf(out, "(");
    for (uint32_t i = 0; i < t->nparams; i++) {
        strbuf_printf(out, i ? ", " : "");
        put_param(c, s, i, t->params[i], out);
    }
    strbuf_printf(out, ")");
    if (!s->kept->result)
        strbuf_printf(out, " does not return");
    for (uint32_t i = 0; s->kept->result && i < t->nresults; i++) {
        strbuf_printf(out, i ? ", " : " -> ");
        put_result(c, s, i, t->results[i], out);
    }
    strbuf_printf(out, "\n");
}

/* ---- tags: which receives need no comparing of tags ---- */

enum own_tag { TAG_RECEIVED = 1, TAG_NOT_PROVED = 2 };

void own_note_tag(struct own_run *r, bool proved)
{
    if (r->c->tags)
        r->c->tags[r->f->code_offset + r->at] |=
            proved ? TAG_RECEIVED : TAG_RECEIVED | TAG_NOT_PROVED;
}

static void put_tags(struct own_ctx *c, struct strbuf *out)
{
    uint32_t all = 0, proved = 0;
    for (uint32_t i = 0; c->tags && i < c->m->nbytes; i++) {
        all += c->tags[i] != 0;
        proved += c->tags[i] == TAG_RECEIVED;
    }
    if (all)
        strbuf_printf(out, "%u of %u receives are of a message that a test has shown to be next\n",
                      proved, all);
}

void own_describe_all(struct own_ctx *c, struct strbuf *out)
{
    uint32_t first = c->m->nimported[EXT_FUNC], functions = 0, contexts = 0, skipped = 0;
    for (uint32_t f = first; f < c->m->nfuncs; f++) {
        functions += c->contexts[f] != NULL;
        for (const struct cert_context *x = c->contexts[f]; x; x = x->next) {
            contexts++;
            if (own_type_of(c, f)->has_refs)
                put_signature(c, (const struct own_summary *)x, out);
        }
    }
    for (uint32_t f = first; f < c->m->nfuncs; f++) {
        if (c->contexts[f])
            continue;
        strbuf_printf(out, skipped++ ? ", " : "not proved, since nothing calls them: ");
        put_func(c, f, out);
    }
    strbuf_printf(out, skipped ? "\n" : "");
    put_tags(c, out);
    strbuf_printf(out, "%u functions proved in %u contexts, %llu steps; %u not called\n", functions,
                  contexts, (unsigned long long)c->steps, skipped);
}
