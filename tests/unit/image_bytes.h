/* A small native image, made by hand: two functions, one entry, a few frames and lines. */
#ifndef TESTS_UNIT_IMAGE_BYTES_H
#define TESTS_UNIT_IMAGE_BYTES_H

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "runtime/native/abi.h"
#include "runtime/native/image.h"

static inline struct image_header *image_head(uint8_t *image)
{
    return (struct image_header *)(void *)image;
}

/* Makes the checksum right. */
static inline void image_seal(uint8_t *image)
{
    struct image_header *h = image_head(image);
    h->checksum = XXH3_64bits(image + 16, h->bytes - 16);
}

/* An image of n bytes of module for this machine; guard mode, full, not watched. The caller frees
 * the bytes. */
static inline struct image_bytes image_make(const void *module, uint32_t n)
{
    static const struct image_func funcs[] = {{0, 100}, {128, 50}};
    static const struct image_frame frames[] = {{0, 8}, {1, 16}, {90, 8}, {130, 24}};
    static const struct image_line lines[] = {{0, 3}, {17, 1}, {128, 2}};
    static const uint32_t entries[] = {192, IMAGE_NONE};
    struct image_header h = {.magic = IMAGE_MAGIC,
                             .code = {IMAGE_PAGE, 208},
                             .rodata = {2 * IMAGE_PAGE, 16},
                             .helpers = {3 * IMAGE_PAGE, NH_N}};
    uint32_t at = 3 * IMAGE_PAGE + NH_N * 8;
    image_key(&h.key, module, n, MEMORY_GUARD, IMAGE_FULL, false);
    h.funcs = (struct image_part){at, 2};
    h.entries = (struct image_part){at += sizeof funcs, 2};
    h.frames = (struct image_part){at += sizeof entries, 4};
    h.lines = (struct image_part){at += sizeof frames, 3};
    h.module = (struct image_part){at += sizeof lines, n};
    h.bytes = at + n;
    struct image_bytes b = {calloc(1, h.bytes), h.bytes};
    memcpy(b.bytes, &h, sizeof h);
    memset(b.bytes + h.code.at, 0xcc, h.code.count);
    memcpy(b.bytes + h.funcs.at, funcs, sizeof funcs);
    memcpy(b.bytes + h.entries.at, entries, sizeof entries);
    memcpy(b.bytes + h.frames.at, frames, sizeof frames);
    memcpy(b.bytes + h.lines.at, lines, sizeof lines);
    memcpy(b.bytes + h.module.at, module, n);
    image_seal(b.bytes);
    return b;
}

#endif
