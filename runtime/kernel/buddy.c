/* Addresses of the compact zone: a binary buddy system.
 *
 * Blocks beyond `reach` are made only when no free block is large enough, so that a fresh region
 * costs nothing and what lives stays near the start. Lists are last in, first out: what was freed
 * last is reused first, while it is in the cache.
 */
#include "runtime/kernel/pages_int.h"

static void push(struct buddy *b, uint32_t first, uint32_t order)
{
    uint32_t head = b->head[order];
    b->blocks[first].next = head;
    b->blocks[first].prev = NO_BLOCK;
    if (head != NO_BLOCK)
        b->blocks[head].prev = first;
    b->head[order] = first;
    b->nonempty |= 1u << order;
    b->tags[first] = TAG_FREE | TAG_ORDER(order);
}

static void unlink_free(struct buddy *b, uint32_t first, uint32_t order)
{
    union block *f = &b->blocks[first];
    if (f->prev != NO_BLOCK)
        b->blocks[f->prev].next = f->next;
    else if ((b->head[order] = f->next) == NO_BLOCK)
        b->nonempty &= ~(1u << order);
    if (f->next != NO_BLOCK)
        b->blocks[f->next].prev = f->prev;
    b->tags[first] = 0;
}

void buddy_init(struct buddy *b, uint32_t npages, union block *blocks, uint8_t *tags)
{
    *b = (struct buddy){
        .blocks = blocks, .tags = tags, .npages = npages, .max_order = order_of(npages)};
    for (uint32_t k = 0; k < ORDER_N; k++)
        b->head[k] = NO_BLOCK;
}

/* Pages that have never been used; the gap that alignment leaves becomes free blocks. */
static uint32_t extend(struct buddy *b, uint32_t order)
{
    uint64_t size = UINT64_C(1) << order;
    uint64_t first = (b->reach + size - 1) & ~(size - 1);
    if (first + size > b->npages)
        return NO_BLOCK;
    for (uint32_t p = b->reach; p < first;) {
        uint32_t k = (uint32_t)__builtin_ctz(p);
        push(b, p, k);
        p += 1u << k;
    }
    b->reach = (uint32_t)(first + size);
    return (uint32_t)first;
}

uint32_t buddy_alloc(struct buddy *b, uint32_t order)
{
    if (order > b->max_order)
        return NO_BLOCK;
    uint32_t larger = b->nonempty & ~((1u << order) - 1);
    uint32_t first;
    if (larger) {
        uint32_t k = (uint32_t)__builtin_ctz(larger);
        first = b->head[k];
        unlink_free(b, first, k);
        while (k > order) {
            k--;
            push(b, first + (1u << k), k);
        }
    } else {
        first = extend(b, order);
        if (first == NO_BLOCK)
            return NO_BLOCK;
    }
    b->tags[first] = TAG_ORDER(order);
    return first;
}

void buddy_free(struct buddy *b, uint32_t first, uint32_t order)
{
    b->tags[first] = 0;
    while (order < b->max_order) {
        uint32_t other = first ^ (1u << order);
        if (b->tags[other] != (TAG_FREE | TAG_ORDER(order)))
            break;
        unlink_free(b, other, order);
        first &= other;
        order++;
    }
    push(b, first, order);
}

bool buddy_grow(struct buddy *b, uint32_t first, uint32_t order, uint32_t new_order)
{
    if (new_order > b->max_order || first & ((1u << new_order) - 1))
        return false;
    for (uint32_t k = order; k < new_order; k++) {
        uint32_t upper = first + (1u << k);
        if (upper != b->reach && b->tags[upper] != (TAG_FREE | TAG_ORDER(k)))
            return false;
        if (upper == b->reach) /* everything from here on was never used */
            break;
    }
    for (uint32_t k = order; k < new_order; k++) {
        uint32_t upper = first + (1u << k);
        if (upper == b->reach)
            b->reach = upper + (1u << k);
        else
            unlink_free(b, upper, k);
    }
    b->tags[first] = TAG_ORDER(new_order);
    return true;
}
