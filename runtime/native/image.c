/* Checking images. */
#include "runtime/native/image.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "runtime/native/abi.h"
#include "runtime/native/cpu.h"

_Static_assert(sizeof(struct image_key) == 120 && sizeof(struct image_header) == 208 &&
                   sizeof(struct image_header) <= IMAGE_PAGE,
               "images are files");
_Static_assert(sizeof(((struct image_key *)0)->cpu) == CPU_NAME, "cpu_identify()");

void image_key(struct image_key *k, const uint8_t *module, size_t n, enum memory_mode mode,
               enum image_opt opt, bool watched)
{
    XXH128_hash_t h = XXH3_128bits(module, n);
    memset(k, 0, sizeof *k);
    k->module_hash[0] = h.low64;
    k->module_hash[1] = h.high64;
    k->module_bytes = n;
    k->abi = NATIVE_ABI;
    k->mode = (uint8_t)mode;
    k->opt = (uint8_t)opt;
    k->watched = watched;
    snprintf(k->compiler, sizeof k->compiler, "%s", image_compiler);
    k->features = cpu_identify(k->cpu);
}

/* ---- the key ---- */

static enum status differs(struct diag *why, const char *what, const char *want, const char *found)
{
    diag_set(why, E_IMAGE, "%s", what);
    diag_want(why, "%s", want);
    diag_found(why, "%s", found);
    return E_IMAGE;
}

static const char *mode_name(uint8_t mode)
{
    return mode == MEMORY_GUARD ? "guard" : mode == MEMORY_COMPACT ? "compact" : "an unknown mode";
}

static const char *opt_name(uint8_t opt)
{
    return opt == IMAGE_FAST ? "fast" : opt == IMAGE_FULL ? "full" : "an unknown level";
}

static const char *watched_name(uint8_t watched)
{
    return watched ? "code that the monitor watches" : "code for systems without the monitor";
}

static enum status check_version(const struct image_key *found, const struct image_key *want,
                                 struct diag *why)
{
    char f[80], w[80];
    snprintf(f, sizeof f, "%.*s, interface %u", (int)sizeof found->compiler, found->compiler,
             found->abi);
    snprintf(w, sizeof w, "%.*s, interface %u", (int)sizeof want->compiler, want->compiler,
             want->abi);
    /* Without LLVM we do not know of which version it would be, and need not. */
    size_t n = strnlen(want->compiler, sizeof want->compiler);
    if (found->abi != want->abi || strncmp(found->compiler, want->compiler, n) != 0 ||
        (n < sizeof found->compiler && found->compiler[n] != 0 && found->compiler[n] != ' '))
        return differs(why, "it was made by another version", w, f);
    return OK;
}

static enum status check_machine(const struct image_key *found, const struct image_key *want,
                                 struct diag *why)
{
    char f[CPU_NAME + 40], w[CPU_NAME + 40];
    snprintf(f, sizeof f, "%.*s, features %016llx", CPU_NAME, found->cpu,
             (unsigned long long)found->features);
    snprintf(w, sizeof w, "%.*s, features %016llx", CPU_NAME, want->cpu,
             (unsigned long long)want->features);
    if (memcmp(found->cpu, want->cpu, CPU_NAME) != 0 || found->features != want->features)
        return differs(why, "it was made for another processor", w, f);
    return OK;
}

static enum status check_key(const struct image_key *found, const struct image_key *want,
                             struct diag *why)
{
    enum status s = check_version(found, want, why);
    if (s == OK)
        s = check_machine(found, want, why);
    if (s != OK)
        return s;
    if (found->mode != want->mode)
        return differs(why, "it was made for another memory mode", mode_name(want->mode),
                       mode_name(found->mode));
    if (found->opt != want->opt)
        return differs(why, "it was made with another level of optimisation", opt_name(want->opt),
                       opt_name(found->opt));
    if (found->watched != want->watched)
        return differs(why, "it was made for another kind of system", watched_name(want->watched),
                       watched_name(found->watched));
    if (found->module_bytes != want->module_bytes ||
        memcmp(found->module_hash, want->module_hash, sizeof want->module_hash) != 0)
        return differs(why, "it was made of another module", "this one", "another");
    return OK;
}

/* ---- parts and tables ---- */

static uint64_t page_up(uint64_t at)
{
    return (at + IMAGE_PAGE - 1) / IMAGE_PAGE * IMAGE_PAGE;
}

static enum status misplaced(struct diag *why, const char *part)
{
    return diag_set(why, E_IMAGE, "it is damaged: its %s are not where they must be", part);
}

static uint64_t part_end(struct image_part p, uint64_t size)
{
    return p.at + p.count * size;
}

/* Parts follow each other as the linker writes them: none lies in another. */
static enum status check_parts(const struct image_header *h, struct diag *why)
{
    const struct {
        const char *name;
        struct image_part part;
        uint32_t size, align;
    } parts[] = {
        {"instructions", h->code, 1, IMAGE_PAGE},
        {"constants", h->rodata, 1, IMAGE_PAGE},
        {"helpers", h->helpers, 8, IMAGE_PAGE},
        {"functions", h->funcs, sizeof(struct image_func), 8},
        {"entries", h->entries, sizeof(uint32_t), 8},
        {"frames", h->frames, sizeof(struct image_frame), 8},
        {"lines", h->lines, sizeof(struct image_line), 8},
        {"module's bytes", h->module, 1, 8},
    };
    uint64_t end = sizeof *h;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct image_part p = parts[i].part;
        uint64_t wanted = i < 3 ? page_up(end) : (end + 7) / 8 * 8;
        if (p.at != wanted || part_end(p, parts[i].size) > h->bytes)
            return misplaced(why, parts[i].name);
        end = part_end(p, parts[i].size);
    }
    if (end != h->bytes || h->helpers.count != NH_N || h->key.module_bytes != h->module.count)
        return misplaced(why, "parts");
    return OK;
}

static enum status check_funcs(const uint8_t *bytes, const struct image_header *h, struct diag *why)
{
    const struct image_func *f = (const void *)(bytes + h->funcs.at);
    const uint32_t *e = (const void *)(bytes + h->entries.at);
    uint64_t end = 0;
    for (uint32_t i = 0; i < h->funcs.count; i++) {
        if (f[i].pc < end || !f[i].bytes || f[i].pc + (uint64_t)f[i].bytes > h->code.count)
            return misplaced(why, "functions");
        end = f[i].pc + (uint64_t)f[i].bytes;
    }
    for (uint32_t i = 0; i < h->entries.count; i++)
        if (e[i] != IMAGE_NONE && e[i] >= h->code.count)
            return misplaced(why, "entries");
    return OK;
}

static enum status check_tables(const uint8_t *bytes, const struct image_header *h,
                                struct diag *why)
{
    const struct image_frame *f = (const void *)(bytes + h->frames.at);
    const struct image_line *l = (const void *)(bytes + h->lines.at);
    for (uint32_t i = 0; i < h->frames.count; i++)
        if (f[i].pc > h->code.count || (i && f[i].pc <= f[i - 1].pc) || f[i].cfa < 8)
            return misplaced(why, "frames");
    for (uint32_t i = 0; i < h->lines.count; i++)
        if (l[i].pc > h->code.count || (i && l[i].pc <= l[i - 1].pc) ||
            l[i].offset > h->module.count)
            return misplaced(why, "lines");
    return check_funcs(bytes, h, why);
}

enum status image_check(const uint8_t *bytes, size_t n, const struct image_key *want,
                        struct diag *why)
{
    const struct image_header *h = (const void *)bytes;
    const size_t summed = offsetof(struct image_header, bytes);
    if (n < sizeof h->magic || memcmp(bytes, IMAGE_MAGIC, sizeof h->magic) != 0)
        return diag_set(why, E_IMAGE, "it does not begin as one");
    if (n < sizeof *h || h->bytes != n) {
        diag_set(why, E_IMAGE,
                 n < sizeof *h || h->bytes > n ? "it is cut off" : "something follows it");
        if (n >= sizeof *h)
            diag_want(why, "%llu bytes", (unsigned long long)h->bytes);
        diag_found(why, "%zu bytes", n);
        return E_IMAGE;
    }
    uint64_t sum = XXH3_64bits(bytes + summed, n - summed);
    if (sum != h->checksum) {
        diag_set(why, E_IMAGE, "it is damaged");
        diag_want(why, "checksum %016llx", (unsigned long long)h->checksum);
        diag_found(why, "checksum %016llx", (unsigned long long)sum);
        return E_IMAGE;
    }
    enum status s = want ? check_key(&h->key, want, why) : OK;
    if (s == OK)
        s = check_parts(h, why);
    return s == OK ? check_tables(bytes, h, why) : s;
}

bool image_is_of(const uint8_t *image, const struct vview *v)
{
    const struct image_header *h = (const void *)image;
    return h->module.count == v->nbytes && h->funcs.count == v->ndefined &&
           h->entries.count == v->ntypes && memcmp(image + h->module.at, v->bytes, v->nbytes) == 0;
}
