/* The public interface: codes and diagnostics, contract texts. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/bindgen.h"
#include "contract/contract.h"
#include "runtime/api_int.h"

const char *singula_version(void)
{
    return SINGULA_VERSION;
}

const char *singula_status_name(int code)
{
    return code >= 0 && code < STATUS_N ? status_name((enum status)code) : "?";
}

const char *singula_status_phrase(int code)
{
    return code >= 0 && code < STATUS_N ? status_phrase((enum status)code) : "?";
}

const char *singula_status_cure(int code)
{
    return code >= 0 && code < STATUS_N ? status_cure((enum status)code) : "";
}

int singula_status_count(void)
{
    return STATUS_N;
}

int singula_diag_format(const struct singula_diag *d, const char *file, char *buf, uint32_t size)
{
    struct diag in = {.code = OK};
    uint32_t n = d->nnotes < DIAG_NOTES ? d->nnotes : DIAG_NOTES;
    /* api.c proves that they have the same layout */
    memcpy(&in, d, offsetof(struct diag, notes) + n * sizeof in.notes[0]);
    in.nnotes = n;
    return diag_format(&in, file, buf, size);
}

bool singula_network_rule(const char *text)
{
    return drivers_network_rule(text);
}

/* ---- contracts ---- */

const char *singula_builtin_contract(uint32_t i, const char **text)
{
    return drivers_contract(i, text);
}

struct singula_contracts {
    struct arena arena;
    const struct contract_set *set; /* in the arena */
};

int singula_contract_parse(const char *text, size_t n, struct singula_contracts **out,
                           struct singula_diag *why)
{
    struct diag d;
    diag_clear(&d);
    *out = NULL;
    struct singula_contracts *c = calloc(1, sizeof *c);
    if (!c)
        return api_refuse(why, &d, E_NOMEM);
    enum status st = contract_parse(&c->arena, text, n, &c->set, &d);
    if (st != OK) {
        singula_contract_destroy(c);
        return api_refuse(why, &d, st);
    }
    *out = c;
    return OK;
}

void singula_contract_destroy(struct singula_contracts *c)
{
    if (!c)
        return;
    arena_clear(&c->arena);
    free(c);
}

char *singula_contract_format(const struct singula_contracts *c)
{
    struct strbuf b = {0};
    contract_format(c->set, &b);
    return strbuf_take(&b);
}

char *singula_contract_bindgen(const struct singula_contracts *c, const char *header_name)
{
    struct strbuf b = {0};
    bindgen_header(c->set, header_name, &b);
    return strbuf_take(&b);
}

char *singula_contract_graph(const struct singula_contracts *c)
{
    struct strbuf b = {0};
    contract_graph(c->set, &b);
    return strbuf_take(&b);
}

char *singula_contract_summary(const struct singula_contracts *c)
{
    struct strbuf b = {0};
    const struct contract_set *s = c->set;
    for (uint32_t i = 0; i < s->nblocks; i++) {
        const struct block_type *t = &s->blocks[i];
        strbuf_printf(&b, "block %s: %u bytes", t->name, t->size);
        if (t->array != CONTRACT_NONE)
            strbuf_printf(&b, " + n x %s", scalar_name(t->fields[t->array].scalar));
        strbuf_printf(&b, ", %u fields, %u references\n", t->nfields, t->nchildren);
    }
    for (uint32_t i = 0; i < s->ncontracts; i++) {
        const struct contract *k = &s->contracts[i];
        strbuf_printf(&b,
                      "contract %s: %u messages, %u states, queues hold at most %u in, %u out%s\n",
                      k->name, k->nmessages, k->nstates, k->bound[DIR_IN], k->bound[DIR_OUT],
                      k->capacity ? " (declared)" : "");
    }
    return strbuf_take(&b);
}
