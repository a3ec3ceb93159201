/* Putting an image together: for whoever makes code (the linker of LLVM's objects, the baseline
 * compiler). */
#ifndef RUNTIME_NATIVE_IMAGE_MAKE_H
#define RUNTIME_NATIVE_IMAGE_MAKE_H

#include "runtime/native/image.h"

/* The tables for the runtime, as their records are in the image: one function per defined function
 * of the module, one entry per type. */
struct image_tables {
    const struct image_func *funcs;
    const uint32_t *entries;
    const struct image_frame *frames;
    const struct image_line *lines;
    uint32_t nframes, nlines;
};

/* The next page boundary. */
static inline uint32_t image_page_up(uint64_t at)
{
    return (uint32_t)((at + IMAGE_PAGE - 1) / IMAGE_PAGE * IMAGE_PAGE);
}

/* Fills in where the tables and the module's bytes are, behind the helpers (h->helpers is set), and
 * h->bytes. False: the image would be larger than offsets can tell. */
bool image_place_tables(struct image_header *h, const struct vview *v,
                        const struct image_tables *t);
/* Writes header, tables and the module's bytes into h->bytes zeroed bytes that have the code and
 * constants already, and the checksum. */
void image_finish(uint8_t *image, struct image_header *h, const struct vview *v,
                  const struct image_tables *t);

#endif
