/* What the page table says about an address. Safe in signal handlers. */
#include "runtime/kernel/pages_int.h"

static const uint32_t *entry_of(const struct region *r, const void *addr)
{
    uint64_t at = (uint64_t)(uintptr_t)addr - (uint64_t)(uintptr_t)r->base;
    return at < r->bytes ? &r->table[at >> PAGE_SHIFT] : NULL;
}

uint32_t page_owner(const struct region *r, const void *addr)
{
    const uint32_t *e = entry_of(r, addr);
    return e ? ENTRY_OWNER(*e) : OWNER_NONE;
}

uint8_t page_rights(const struct region *r, const void *addr)
{
    const uint32_t *e = entry_of(r, addr);
    return e ? (uint8_t)(*e & PAGE_RIGHTS) : 0;
}

bool region_is_guard(const struct region *r, const void *addr)
{
    uint64_t at = (uint64_t)(uintptr_t)addr - (uint64_t)(uintptr_t)r->base;
    return at >= r->compact_bytes && at < r->bytes;
}
