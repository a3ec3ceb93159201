/* Native images: what the compiler makes of a verified module, and what is kept in files.
 *
 *     header | code | constants | table of helper addresses | tables for the runtime | the module
 *
 * The first three parts after the header are what gets mapped, in this order, on pages of their
 * own; all code is position-independent and everything between the parts is resolved when the image
 * is made, so that loading means copying, filling the helper table and setting rights. All numbers
 * are little-endian and offsets are from the beginning of the image.
 *
 * An image is code that will be run: image_check() finds damage (checksum over everything) and
 * foreign images, not malice. Files are trusted because of who may write them (cache.h).
 */
#ifndef RUNTIME_NATIVE_IMAGE_H
#define RUNTIME_NATIVE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "runtime/engine/engine.h"
#include "verifier/verified.h"

#define IMAGE_MAGIC "SGNIMAGE"
#define IMAGE_NONE  UINT32_MAX

enum { IMAGE_PAGE = 4096 };

/* A whole image in memory of its owner (malloc). */
struct image_bytes {
    uint8_t *bytes;
    size_t n;
};

/* A part: `count` records at `at`. */
struct image_part {
    uint32_t at, count;
};

/* Where code at or after pc, up to the next record, has its frame: its return address is at
 * rsp + cfa - 8. Sorted by pc. */
struct image_frame {
    uint32_t pc; /* from the beginning of the code */
    uint32_t cfa;
};

/* Code at or after pc, up to the next record, belongs to the instruction at that offset of the
 * module (0: none). Sorted by pc. */
struct image_line {
    uint32_t pc;
    uint32_t offset;
};

/* A defined function, in index order; sorted by pc as well. Code between functions is entry code.
 */
struct image_func {
    uint32_t pc, bytes;
};

/* What an image was made from and for. All of it must be equal for an image to be used. */
struct image_key {
    uint64_t module_hash[2]; /* XXH3-128 of the module's bytes */
    uint64_t module_bytes;
    uint32_t abi;      /* NATIVE_ABI */
    uint8_t mode;      /* enum memory_mode */
    uint8_t opt;       /* enum image_opt */
    uint8_t watched;   /* code for the ownership monitor */
    uint8_t flags;     /* 0 */
    char compiler[40]; /* image_compiler: Singula, a hash of the compiler's source, LLVM */
    char cpu[40];      /* cpu.h: maker, family, model, stepping */
    uint64_t features; /* XXH3-64 of what CPUID says the machine can do */
};

enum image_opt { IMAGE_FAST, IMAGE_FULL };

struct image_header {
    char magic[8];
    uint64_t checksum; /* XXH3-64 of all that follows this field */
    uint64_t bytes;    /* of the whole image */
    struct image_key key;
    struct image_part code;    /* bytes; page-aligned */
    struct image_part rodata;  /* bytes; page-aligned, directly behind the code's last page */
    struct image_part helpers; /* 8-byte addresses by enum native_helper, zero in the file; on a
                                  page of its own behind the constants */
    struct image_part funcs;   /* struct image_func, one per defined function */
    struct image_part entries; /* uint32_t, one per type of the module: pc of its entry code or
                                  IMAGE_NONE */
    struct image_part frames;  /* struct image_frame */
    struct image_part lines;   /* struct image_line */
    struct image_part module;  /* bytes */
};

/* What this build's compiler is called in keys: "singula 0.1.0 904d344e llvm 19.1.7"; without LLVM
 * it ends before that. */
extern const char image_compiler[];

/* The key of what would be made here and now of a module's bytes. */
void image_key(struct image_key *k, const uint8_t *module, size_t n, enum memory_mode mode,
               enum image_opt opt, bool watched);

/* Whether the n bytes (aligned to 8) are a whole, undamaged image: checksum, every part in its
 * place, every table in order. `want`: of what it must have been made, and for which machine; NULL
 * if that is not asked. E_IMAGE with a message that names what was wanted and found. After OK
 * everything in the header and the tables may be used without further checks. */
must_check enum status image_check(const uint8_t *bytes, size_t n, const struct image_key *want,
                                   struct diag *why);

/* Whether a checked image was made of that module: of equal bytes. */
bool image_is_of(const uint8_t *image, const struct vview *v);

#endif
