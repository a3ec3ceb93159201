#include "runtime/native/image_make.h"

#include <string.h>
#include <xxhash.h>

/* Gives a table its place. */
static struct image_part place(uint64_t *at, uint64_t count, uint64_t size)
{
    *at = (*at + 7) / 8 * 8;
    struct image_part p = {(uint32_t)*at, (uint32_t)count};
    *at += count * size;
    return p;
}

bool image_place_tables(struct image_header *h, const struct vview *v, const struct image_tables *t)
{
    uint64_t at = h->helpers.at + h->helpers.count * sizeof(uint64_t);
    h->funcs = place(&at, v->ndefined, sizeof(struct image_func));
    h->entries = place(&at, v->ntypes, sizeof(uint32_t));
    h->frames = place(&at, t->nframes, sizeof(struct image_frame));
    h->lines = place(&at, t->nlines, sizeof(struct image_line));
    h->module = place(&at, v->nbytes, 1);
    h->bytes = at;
    return at <= UINT32_MAX;
}

static void copy(uint8_t *image, struct image_part p, const void *from, size_t size)
{
    if (p.count)
        memcpy(image + p.at, from, p.count * size);
}

void image_finish(uint8_t *image, struct image_header *h, const struct vview *v,
                  const struct image_tables *t)
{
    const size_t summed = offsetof(struct image_header, bytes);
    memcpy(h->magic, IMAGE_MAGIC, sizeof h->magic);
    copy(image, h->funcs, t->funcs, sizeof(struct image_func));
    copy(image, h->entries, t->entries, sizeof(uint32_t));
    copy(image, h->frames, t->frames, sizeof(struct image_frame));
    copy(image, h->lines, t->lines, sizeof(struct image_line));
    copy(image, h->module, v->bytes, 1);
    memcpy(image, h, sizeof *h);
    h->checksum = XXH3_64bits(image + summed, h->bytes - summed);
    memcpy(image, h, sizeof *h);
}
