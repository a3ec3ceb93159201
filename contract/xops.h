/* The operations of docs/CONTRACTS.md: what an import `singula/<Name>` `<name>` means.
 *
 * xop_resolve() turns an import's two names into a struct xop against the module's contracts and
 * gives the Wasm type that the import must have. The verifier checks the type; the engine binds the
 * operation; the ownership analysis reads its effects. Pure.
 */
#ifndef CONTRACT_XOPS_H
#define CONTRACT_XOPS_H

#include "contract/contract.h"

enum xop_kind {
#define XOP(kind, name, blocks) XOP_##kind,
#include "contract/xops.def"
#undef XOP
    XOP_N
};

/* Access width and extension of F.load.X / F.store.X. */
enum xaccess {
    XA_I32,
    XA_I64,
    XA_F32,
    XA_F64,
    XA_I32_8_U,
    XA_I32_8_S,
    XA_I32_16_U,
    XA_I32_16_S,
    XA_I32_8,
    XA_I32_16
};

#define XACCESS_N (XA_I32_16 + 1)

const char *xaccess_name(enum xaccess a); /* "i32_8_u" */
/* Loads widen (`_u`, `_s`), stores do not. */
bool xaccess_ok(enum xaccess a, bool store);

struct xop {
    enum xop_kind kind;
    const struct contract_set *set;
    uint32_t block;      /* block operations: index into set->blocks */
    uint32_t field;      /* of that block */
    enum xaccess access; /* XOP_LOAD, XOP_STORE */
    uint32_t contract;   /* channel operations: index into set->contracts */
    enum role role;      /* of operations with imp or exp in their name */
    uint32_t state;      /* of operations of sets and slots of endpoints: index into the states */
    uint32_t message;    /* XOP_SEND, XOP_RECV; the request of XOP_CALL */
    uint32_t reply;      /* the answer of XOP_CALL */
    uint32_t slots;      /* operations of slots: index into set->slots */
};

#define XOP_PARAMS_MAX 64

/* What follows singula/ in the module name of the operation. */
enum xop_scope { XOP_OF_BLOCK, XOP_OF_CONTRACT, XOP_OF_REF };
static inline enum xop_scope xop_scope_of(enum xop_kind k)
{
    return k <= XOP_SHARE_CHILD ? XOP_OF_BLOCK : k <= XOP_END_SWAP ? XOP_OF_CONTRACT : XOP_OF_REF;
}
/* Operations of a block's field. */
static inline bool xop_has_field(enum xop_kind k)
{
    return k >= XOP_GET && k <= XOP_SHARE_CHILD;
}
_Static_assert(XOP_FROZEN_SWAP + 1 == XOP_GET && XOP_SHARE_CHILD + 1 == XOP_CHANNEL &&
                   XOP_END_SWAP + 1 == XOP_IS_NULL && XOP_IS_NULL + 1 == XOP_N,
               "xops.def: blocks, their fields, then contracts, then references");

/* The Wasm type, as value type bytes (0x7f i32, 0x7e i64, 0x7d f32, 0x7c f64, 0x6f externref). */
struct xop_type {
    uint8_t params[XOP_PARAMS_MAX];
    uint32_t nparams;
    uint8_t result; /* 0: none */
};

/* True if `module` is "singula" or begins with "singula/". */
bool xop_is_module(const char *module, size_t n);

/* Resolves an import. STR_UNKNOWN_IMPORT names the nearest known import of that module in the hint
 * (edit distance), or the known modules if the module is unknown. */
must_check enum status xop_resolve(const struct contract_set *set, const char *module,
                                   size_t nmodule, const char *name, size_t nname, struct xop *op,
                                   struct xop_type *type, struct diag *why);

/* Its name, as in the import. */
#define XOP_NAME_MAX 300 /* four names of the longest kind */
void xop_name(const struct xop *op, char *out, size_t size);

/* The Wasm type of an operation that was resolved or enumerated. */
void xop_type_of(const struct xop *op, struct xop_type *type);

/* Calls `each` for every import that the set offers: blocks, then contracts, in declaration order,
 * then `singula/ref` (headers, help, near names). The strings last until `each` returns. */
void xop_enumerate(const struct contract_set *set,
                   void (*each)(void *ctx, const char *module, const char *name,
                                const struct xop *op),
                   void *ctx);

#endif
