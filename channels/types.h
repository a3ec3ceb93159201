/* Runtime types: block types and contracts of all loaded modules, interned so that equal means same
 * pointer.
 *
 * Two modules agree on a block type or contract iff their canonical texts are equal (XXH3-128
 * finds, a full comparison decides). Interned types live until types_destroy().
 */
#ifndef CHANNELS_TYPES_H
#define CHANNELS_TYPES_H

#include "contract/contract.h"

/* A reference type whose names are resolved to interned types. */
struct xreftype {
    enum ref_kind kind;
    const struct xtype *block;
    const struct xcontract *contract;
    uint32_t state;
};

struct xtype {
    const struct block_type *decl; /* layout: offsets, array field; private copy */
    const char *canonical;
    const struct xreftype *fields; /* by field index */
    uint32_t elem_size;            /* of the array field, 0 if none */
    uint32_t size;                 /* of the fixed part; behind it is the array */
    uint32_t id;                   /* dense */
};

/* A queue's slots (endpoint.h): how many, of 1 << shift bytes each; whether they hold references.
 */
struct xshape {
    uint32_t slots;
    uint8_t shift;
    bool refs;
};

struct xcontract {
    const struct contract *decl;
    const char *canonical;
    const struct xreftype *messages; /* reference of each message, by tag */
    struct xshape queues[2];         /* by enum direction */
    uint32_t id;
};

struct types;

must_check enum status types_create(struct types **out);
void types_destroy(struct types *t);
/* Interns one declaration of a set (and what it mentions). E_NOMEM leaves the table as it was. */
must_check enum status types_block(struct types *t, const struct contract_set *s, uint32_t block,
                                   const struct xtype **out);
must_check enum status types_contract(struct types *t, const struct contract_set *s,
                                      uint32_t contract, const struct xcontract **out);

#endif
