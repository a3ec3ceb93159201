/* The page map: what the audit proves, for people to look at. */
#include "runtime/kernel/pages_int.h"

static void tell(const struct region *r, struct region_use u,
                 void (*each)(void *ctx, const struct region_use *u), void *ctx)
{
    uint32_t first = u.down ? u.first + u.npages - u.committed : u.first;
    u.rights = u.committed ? r->table[first] & PAGE_RIGHTS : 0;
    each(ctx, &u);
}

void pages_uses(const struct region *r, void (*each)(void *ctx, const struct region_use *u),
                void *ctx)
{
    const struct buddy *b = &r->buddy;
    for (uint32_t p = 0, size = 0; p < b->reach; p += size) {
        uint8_t tag = b->tags[p];
        check(tag != 0);
        size = 1u << ((tag & (uint8_t) ~(TAG_FREE | TAG_DOWN)) - 1u);
        if (!(tag & TAG_FREE))
            tell(r,
                 (struct region_use){.first = p,
                                     .npages = size,
                                     .committed = b->blocks[p].committed,
                                     .owner = b->blocks[p].owner,
                                     .zone = ZONE_COMPACT,
                                     .down = tag & TAG_DOWN},
                 each, ctx);
    }
    for (uint32_t w = 0; w < r->fresh_window; w++)
        if (r->windows[w].owner)
            tell(r,
                 (struct region_use){.first = window_first(r, w),
                                     .npages = r->windows[w].npages,
                                     .committed = r->windows[w].committed,
                                     .owner = r->windows[w].owner,
                                     .zone = ZONE_GUARD},
                 each, ctx);
}
