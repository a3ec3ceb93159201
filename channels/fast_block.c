/* Blocks without a host call. Laws as in xheap.c and xcache.c; nothing is changed before all
 * questions are answered.
 *
 * What begins and ends here was at hand: its data is zero, and as a block, a row and bytes it is
 * counted already. So nothing is asked of the tables and no lock is taken. All else is for the
 * ordinary operation: empty and full lists, large blocks, blocks with children, quotas that only
 * what peers have received meanwhile leaves room in.
 *
 * A signal stops nothing here, and a loop may do little else. So who has been told to give way does
 * so in the ordinary operation.
 */
#include "channels/fast.h"

#include "channels/slots.h"
#include "channels/xheap_int.h"

static inline bool must_give_way(const struct fast_self *self)
{
    return atomic_load_explicit(&self->proc->interrupt, memory_order_relaxed) != 0;
}

/* Where small blocks of that size are at hand; NULL: nowhere. */
static inline struct xmagazine *magazine_of(const struct xheap *h, uint64_t bytes)
{
    struct xcache *c = xcache_at_hand(h);
    return likely(c) ? &c->magazines[xstore_class(h, bytes)] : NULL;
}

uint64_t fast_block_alloc(const struct fast_self *self, const struct xtype *t, uint64_t bytes,
                          uint64_t n)
{
    struct xheap *h = self->heap;
    struct xaccount *a = self->account;
    if (unlikely(bytes > XSMALL_MAX || must_give_way(self)))
        return FAST_NOT;
    struct xmagazine *m = magazine_of(h, bytes);
    if (unlikely(!m || !m->top || !xaccount_has_room(a, 1, m->bytes)))
        return FAST_NOT;
    uint32_t i = xcache_pop(h, m);
    xblock_begin(h, i, a, t, (uint32_t)n, m->bytes);
    return (uint64_t)(uintptr_t)row_at(h, i);
}

/* From so many bytes on one instruction clears them quicker than a loop of the stores that every
 * processor has, or of wide ones. */
enum { LONG = 512, VERY_LONG = 2048 };

/* Clears data up to there, and what lies before the next multiple of 64: slots are such. No
 * library's function: they run on a SIP's stack. */
static inline void clear(const struct xheap *h, uint8_t *data, uint64_t n)
{
    uint8_t *end = data + n;
    if (n > (h->wide_stores ? VERY_LONG : LONG)) {
        __asm__ volatile("rep stosb" : "+D"(data), "+c"(n) : "a"(0) : "memory");
    } else if (h->wide_stores && n > 64) {
        __asm__ volatile("vpxor %%xmm0, %%xmm0, %%xmm0\n"
                         "1:\tvmovdqa %%ymm0, (%0)\n\t"
                         "vmovdqa %%ymm0, 32(%0)\n\t"
                         "addq $64, %0\n\t"
                         "cmpq %1, %0\n\t"
                         "jb 1b\n\t"
                         "vzeroupper"
                         : "+r"(data)
                         : "r"(end)
                         : "xmm0", "cc", "memory");
    } else {
        typedef uint64_t words __attribute__((vector_size(16), may_alias));
        for (; data < end; data += 64) {
            words *to = (words *)(void *)data;
            to[0] = to[1] = to[2] = to[3] = (words){0};
            __asm__ volatile("" ::: "memory"); /* it stays a loop */
        }
    }
}

uint64_t fast_block_free(const struct fast_self *self, struct xobj *o)
{
    struct xheap *h = self->heap;
    if (!o)
        return 0;
    if (unlikely(o->kind != XOBJ_BLOCK || o->tree_blocks != 1 || o->tree_bytes > XSMALL_MAX))
        return FAST_NOT;
    struct xmagazine *m = magazine_of(h, o->tree_bytes);
    if (unlikely(!m || xcache_full(m)))
        return FAST_NOT;
    clear(h, o->data, xblock_touched(o));
    xrow_unlink_from(h, o, self->account);
    xblock_rest(h, m, o);
    return 0;
}

uint64_t fast_block_swap(const struct fast_self *self, const struct xslots *s, uint64_t i,
                         struct xobj *in)
{
    if (unlikely(i >= s->n || must_give_way(self)))
        return FAST_NOT;
    struct xobj *old = s->at[i];
    if (in)
        in->stored = 1;
    if (old)
        old->stored = 0;
    s->at[i] = in;
    return (uint64_t)(uintptr_t)old;
}

/* The field's word: the row of a child, or 0. */
static inline uint64_t *word_at(const struct xobj *parent, uint64_t offset)
{
    return (uint64_t *)(void *)(parent->data + offset);
}

uint64_t fast_block_take(const struct fast_self *self, struct xobj *parent, uint64_t offset)
{
    struct xobj *rows = self->heap->rows.base;
    uint64_t *word = word_at(parent, offset);
    if (unlikely(must_give_way(self)))
        return FAST_NOT;
    if (!*word)
        return 0;
    struct xobj *o = rows + *word;
    if (unlikely(o->kind == XOBJ_ENDPOINT))
        return FAST_NOT;
    parent->tree_blocks -= o->tree_blocks;
    parent->tree_bytes -= o->tree_bytes;
    xrow_enlist(rows, (uint32_t)*word, self->account, 0, 0); /* which has paid all the time */
    *word = 0;
    return (uint64_t)(uintptr_t)o;
}

uint64_t fast_block_put(const struct fast_self *self, struct xobj *parent, uint64_t offset,
                        struct xobj *o)
{
    struct xheap *h = self->heap;
    struct xaccount *a = self->account;
    uint64_t *word = word_at(parent, offset);
    if (unlikely(*word || o->kind == XOBJ_ENDPOINT))
        return FAST_NOT;
    xrow_unlink_from(h, o, a);
    o->owner = XOWNER(XOWN_FIELD, row_of(h, parent));
    parent->tree_blocks += o->tree_blocks;
    parent->tree_bytes += o->tree_bytes;
    a->nblocks += o->tree_blocks; /* as before */
    a->nbytes += o->tree_bytes;
    *word = row_of(h, o);
    return 0;
}
