/* Operations on blocks (design 4.4, table "Block T"): alloc, free, access to fields and elements,
 * children. */
#include "runtime/engine/xcall_int.h"

#include <string.h>

/* Why a reference is not what the operation needs. */
static struct xobj *block_fault(struct sip *s, const struct xcall *x, xref ref)
{
    struct monitor_why why;
    struct xobj *o;
    enum trap t = (x->writes ? monitor_writable : monitor_block)(s->rt->xheap, &s->account, ref,
                                                                 x->key.type, &o, &why);
    check(t != TRAP_NONE); /* else the fast path is wrong */
    (void)xcall_fault(s, x, t, &why);
    return NULL;
}

/* The block of the operation's type that `ref` names; NULL, if watched: the SIP has trapped. */
static inline __attribute__((always_inline)) struct xobj *
block_arg(struct sip *s, const struct xcall *x, xref ref, bool watched)
{
    if (!watched)
        return xcall_row(ref);
    struct xobj *o = xref_block(s->rt->xheap, &s->account, ref, x->key.type);
    return likely(o && (!x->writes || o->kind == XOBJ_BLOCK)) ? o : block_fault(s, x, ref);
}

static enum host_result bad_index(struct sip *s, const struct xcall *x, uint32_t i,
                                  const struct xobj *o)
{
    return sip_trap(s, TRAP_X_INDEX, "%s: index %u, but the block has %u elements", x->label, i,
                    o->len);
}

/* ---- fields and elements, by scalar ---- */

static inline uint64_t extend_signed(int32_t v)
{
    return (uint32_t)v; /* an i32 slot is zero in its upper half */
}

static inline uint64_t extend_zero(uint64_t v)
{
    return v;
}

/* SCALAR(name, C type in memory, how the value becomes a slot). Floats travel as their
 * bits. */
#define SCALARS(SCALAR)                                                                            \
    SCALAR(I8, int8_t, extend_signed)                                                              \
    SCALAR(U8, uint8_t, extend_zero)                                                               \
    SCALAR(I16, int16_t, extend_signed)                                                            \
    SCALAR(U16, uint16_t, extend_zero)                                                             \
    SCALAR(I32, uint32_t, extend_zero)                                                             \
    SCALAR(U32, uint32_t, extend_zero)                                                             \
    SCALAR(I64, uint64_t, extend_zero)                                                             \
    SCALAR(U64, uint64_t, extend_zero)                                                             \
    SCALAR(F32, uint32_t, extend_zero)                                                             \
    SCALAR(F64, uint64_t, extend_zero)

#define ACCESSORS(name, ctype, extend)                                                             \
    XCALL(get_##name)                                                                              \
    {                                                                                              \
        const struct xobj *o = block_arg(s, x, slots[0], watched);                                 \
        if (watched && !o)                                                                         \
            return HOST_TRAP;                                                                      \
        slots[0] = extend(*(const ctype *)(const void *)(o->data + x->offset));                    \
        return HOST_OK;                                                                            \
    }                                                                                              \
    XCALL(set_##name)                                                                              \
    {                                                                                              \
        struct xobj *o = block_arg(s, x, slots[0], watched);                                       \
        if (watched && !o)                                                                         \
            return HOST_TRAP;                                                                      \
        *(ctype *)(void *)(o->data + x->offset) = (ctype)slots[1];                                 \
        return HOST_OK;                                                                            \
    }                                                                                              \
    XCALL(get_at_##name)                                                                           \
    {                                                                                              \
        const struct xobj *o = block_arg(s, x, slots[0], watched);                                 \
        uint32_t i = (uint32_t)slots[1];                                                           \
        if (watched && !o)                                                                         \
            return HOST_TRAP;                                                                      \
        if (unlikely(i >= o->len))                                                                 \
            return bad_index(s, x, i, o);                                                          \
        slots[0] = extend(((const ctype *)(const void *)(o->data + x->offset))[i]);                \
        return HOST_OK;                                                                            \
    }                                                                                              \
    XCALL(set_at_##name)                                                                           \
    {                                                                                              \
        struct xobj *o = block_arg(s, x, slots[0], watched);                                       \
        uint32_t i = (uint32_t)slots[1];                                                           \
        if (watched && !o)                                                                         \
            return HOST_TRAP;                                                                      \
        if (unlikely(i >= o->len))                                                                 \
            return bad_index(s, x, i, o);                                                          \
        xblock_touch(o, i + 1);                                                                    \
        ((ctype *)(void *)(o->data + x->offset))[i] = (ctype)slots[2];                             \
        return HOST_OK;                                                                            \
    }
SCALARS(ACCESSORS)

#define ACCESSOR_ROW(name, ctype, extend)                                                          \
    [SC_##name] = {{XCALL_FNS(get_##name), XCALL_FNS(set_##name)},                                 \
                   {XCALL_FNS(get_at_##name), XCALL_FNS(set_at_##name)}},
/* [scalar][array?][set?] */
static const struct xcall_fns accessors[SC_N][2][2] = {SCALARS(ACCESSOR_ROW)};

/* ---- unaligned access to bytes ---- */

/* The address of n bytes at `byte` of the array, or NULL: the SIP has trapped. */
static inline uint8_t *bytes_at(struct sip *s, const struct xcall *x, struct xobj *o, uint32_t byte,
                                uint32_t n)
{
    if (unlikely(o->len < n || byte > o->len - n)) {
        (void)sip_trap(s, TRAP_X_INDEX, "%s: %u bytes at %u, but the block has %u", x->label, n,
                       byte, o->len);
        return NULL;
    }
    return o->data + x->offset + byte;
}

#define LOAD_FN(name, ctype, extend)                                                               \
    XCALL(load_##name)                                                                             \
    {                                                                                              \
        struct xobj *o = block_arg(s, x, slots[0], watched);                                       \
        if (watched && !o)                                                                         \
            return HOST_TRAP;                                                                      \
        const uint8_t *p = bytes_at(s, x, o, (uint32_t)slots[1], sizeof(ctype));                   \
        if (!p)                                                                                    \
            return HOST_TRAP;                                                                      \
        ctype v;                                                                                   \
        memcpy(&v, p, sizeof v);                                                                   \
        slots[0] = extend(v);                                                                      \
        return HOST_OK;                                                                            \
    }
#define STORE_FN(name, ctype)                                                                      \
    XCALL(store_##name)                                                                            \
    {                                                                                              \
        struct xobj *o = block_arg(s, x, slots[0], watched);                                       \
        if (watched && !o)                                                                         \
            return HOST_TRAP;                                                                      \
        uint8_t *p = bytes_at(s, x, o, (uint32_t)slots[1], sizeof(ctype));                         \
        if (!p)                                                                                    \
            return HOST_TRAP;                                                                      \
        ctype v = (ctype)slots[2];                                                                 \
        xblock_touch(o, (uint32_t)slots[1] + (uint32_t)sizeof v);                                  \
        memcpy(p, &v, sizeof v);                                                                   \
        return HOST_OK;                                                                            \
    }
LOAD_FN(32, uint32_t, extend_zero)
LOAD_FN(64, uint64_t, extend_zero)
LOAD_FN(8_u, uint8_t, extend_zero)
LOAD_FN(8_s, int8_t, extend_signed)
LOAD_FN(16_u, uint16_t, extend_zero)
LOAD_FN(16_s, int16_t, extend_signed)
STORE_FN(32, uint32_t)
STORE_FN(64, uint64_t)
STORE_FN(8, uint8_t)
STORE_FN(16, uint16_t)

static const struct xcall_fns loads[] = {
    [XA_I32] = XCALL_FNS(load_32),        [XA_F32] = XCALL_FNS(load_32),
    [XA_I64] = XCALL_FNS(load_64),        [XA_F64] = XCALL_FNS(load_64),
    [XA_I32_8_U] = XCALL_FNS(load_8_u),   [XA_I32_8_S] = XCALL_FNS(load_8_s),
    [XA_I32_16_U] = XCALL_FNS(load_16_u), [XA_I32_16_S] = XCALL_FNS(load_16_s),
};
static const struct xcall_fns stores[] = {
    [XA_I32] = XCALL_FNS(store_32),  [XA_F32] = XCALL_FNS(store_32),
    [XA_I64] = XCALL_FNS(store_64),  [XA_F64] = XCALL_FNS(store_64),
    [XA_I32_8] = XCALL_FNS(store_8), [XA_I32_16] = XCALL_FNS(store_16),
};

/* ---- whole blocks ---- */

XCALL(op_alloc)
{
    uint32_t n = x->key.type->elem_size ? (uint32_t)slots[0] : 0;
    while (xblock_pay(s->rt->xheap, &s->account, x->key.type, n))
        if (xcall_between_pieces(s) != HOST_OK)
            return HOST_WAIT;
    slots[0] = xcall_ref(xblock_alloc(s->rt->xheap, &s->account, x->key.type, n), watched);
    return xcall_done(s);
}

XCALL(op_new)
{
    uint32_t n = x->key.type->elem_size ? (uint32_t)slots[0] : 0;
    if (op_alloc(s, inst, x, slots, watched) != HOST_OK)
        return HOST_WAIT;
    if (slots[0])
        return HOST_OK;
    const struct xaccount *a = &s->account;
    struct xqueued q = xaccount_queued(s->rt->xheap, a);
    return sip_trap(
        s, TRAP_X_EXHAUSTED,
        "%s: no room for a block of %u elements; the SIP has %u of %u blocks, %llu of %llu bytes",
        x->label, n, a->nblocks + (uint32_t)q.blocks, a->max_blocks,
        (unsigned long long)(a->nbytes + q.bytes), (unsigned long long)a->max_bytes);
}

XCALL(op_free)
{
    if (!slots[0])
        return HOST_OK;
    struct xobj *o = block_arg(s, x, slots[0], watched);
    if (watched && !o)
        return HOST_TRAP;
    xobj_end(s->rt->xheap, o);
    return HOST_OK;
}

XCALL(op_len)
{
    const struct xobj *o = block_arg(s, x, slots[0], watched);
    if (watched && !o)
        return HOST_TRAP;
    slots[0] = o->len;
    return HOST_OK;
}

/* Elements [slots[1], + slots[3]) and linear memory at slots[2]: both must be inside; false: the
 * SIP has trapped. */
static inline __attribute__((always_inline)) bool
span_args(struct sip *s, struct instance *inst, const struct xcall *x, const uint64_t *slots,
          bool watched, struct xobj **o, uint64_t *from, uint64_t *bytes, uint8_t **mem)
{
    uint32_t i = (uint32_t)slots[1], ptr = (uint32_t)slots[2], n = (uint32_t)slots[3];
    *o = block_arg(s, x, slots[0], watched);
    if (watched && !*o)
        return false;
    if ((uint64_t)i + n > (*o)->len) {
        (void)sip_trap(s, TRAP_X_INDEX, "%s: %u elements from index %u on, but the block has %u",
                       x->label, n, i, (*o)->len);
        return false;
    }
    *bytes = (uint64_t)n * x->elem_bytes;
    *from = x->offset + (uint64_t)i * x->elem_bytes;
    if (unlikely(s->proc.waiting)) /* this is the next piece */
        proc_wait_end(&s->proc);
    *mem = guest_bytes(inst, ptr, *bytes);
    if (!*mem)
        (void)sip_bad_pointer(s, x->label, ptr, *bytes);
    return *mem != NULL;
}

/* Large copies are done in pieces, between which the SIP gives way when it is asked to. Then the
 * operation is executed again, with what is left as its arguments. */
enum { PIECE = 1 << 20 };

/* All of it, or one piece, which the slots no longer have. */
static uint64_t piece(const struct xcall *x, uint64_t *slots, uint64_t bytes)
{
    if (likely(bytes <= PIECE))
        return bytes;
    uint32_t n = PIECE / x->elem_bytes;
    slots[1] = (uint32_t)slots[1] + n;
    slots[2] = (uint32_t)slots[2] + PIECE;
    slots[3] = (uint32_t)slots[3] - n;
    return PIECE;
}

XCALL(op_read)
{
    struct xobj *o;
    uint64_t from, bytes, now;
    uint8_t *mem;
    for (;;) {
        if (!span_args(s, inst, x, slots, watched, &o, &from, &bytes, &mem))
            return HOST_TRAP;
        now = piece(x, slots, bytes);
        memcpy(mem, o->data + from, now);
        if (likely(now == bytes))
            return HOST_OK;
        if (xcall_between_pieces(s) != HOST_OK)
            return HOST_WAIT;
    }
}

XCALL(op_write)
{
    struct xobj *o;
    uint64_t from, bytes, now;
    uint8_t *mem;
    for (;;) {
        if (!span_args(s, inst, x, slots, watched, &o, &from, &bytes, &mem))
            return HOST_TRAP;
        if (bytes)
            xblock_touch(o, (uint32_t)slots[1] + (uint32_t)slots[3]);
        now = piece(x, slots, bytes);
        memcpy(o->data + from, mem, now);
        if (likely(now == bytes))
            return HOST_OK;
        if (xcall_between_pieces(s) != HOST_OK)
            return HOST_WAIT;
    }
}

/* ---- children ---- */

XCALL(op_take)
{
    struct xobj *o = block_arg(s, x, slots[0], watched);
    if (watched && !o)
        return HOST_TRAP;
    slots[0] = xcall_ref(xobj_from_field(s->rt->xheap, o, x->key.field), watched);
    return HOST_OK;
}

XCALL(op_put)
{
    struct xheap *h = s->rt->xheap;
    struct xobj *child = xcall_row(slots[1]), *o = block_arg(s, x, slots[0], watched);
    if (watched) {
        struct monitor_why why;
        if (!o)
            return HOST_TRAP;
        enum trap t = monitor_payload(h, &s->account, slots[1], x->ref, o, &child, &why);
        if (t != TRAP_NONE)
            return xcall_fault(s, x, t, &why);
    }
    xobj_to_field(h, child, o, x->key.field);
    return HOST_OK;
}

XCALL(op_is_null)
{
    slots[0] = slots[0] == 0;
    return HOST_OK;
}

struct xcall_fns xcall_block_fns(const struct xcall *x)
{
    const struct block_field *f = x->key.type ? &x->key.type->decl->fields[x->key.field] : NULL;
    switch ((enum xop_kind)x->key.kind) {
    case XOP_ALLOC:
        return (struct xcall_fns)XCALL_FNS(op_alloc);
    case XOP_NEW:
        return (struct xcall_fns)XCALL_FNS(op_new);
    case XOP_FREE:
        return (struct xcall_fns)XCALL_FNS(op_free);
    case XOP_GET:
        return accessors[f->scalar][f->is_array][0];
    case XOP_SET:
        return accessors[f->scalar][f->is_array][1];
    case XOP_LEN:
        return (struct xcall_fns)XCALL_FNS(op_len);
    case XOP_READ:
        return (struct xcall_fns)XCALL_FNS(op_read);
    case XOP_WRITE:
        return (struct xcall_fns)XCALL_FNS(op_write);
    case XOP_LOAD:
        return loads[x->key.access];
    case XOP_STORE:
        return stores[x->key.access];
    case XOP_TAKE:
        return (struct xcall_fns)XCALL_FNS(op_take);
    case XOP_PUT:
        return (struct xcall_fns)XCALL_FNS(op_put);
    case XOP_IS_NULL:
        return (struct xcall_fns)XCALL_FNS(op_is_null);
    case XOP_CHANNEL:
    case XOP_PEER:
    case XOP_CONNECT:
    case XOP_LISTEN:
    case XOP_ACCEPT:
    case XOP_LISTENER_CLOSE:
    case XOP_SEND:
    case XOP_NEXT:
    case XOP_POLL:
    case XOP_WAIT:
    case XOP_RECV:
    case XOP_CALL:
    case XOP_CLOSE:
    case XOP_ABANDON:
    case XOP_FREEZE:
    case XOP_SHARE:
    case XOP_THAW:
    case XOP_SHARE_CHILD:
    case XOP_SLOT_SWAP:
    case XOP_FROZEN_SWAP:
    case XOP_END_SWAP:
    case XOP_SET_NEW:
    case XOP_SET_ADD:
    case XOP_SET_WAIT:
    case XOP_SET_FREE:
    case XOP_N:
        break;
    }
    BUG("not an operation on blocks");
}
