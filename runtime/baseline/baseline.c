/* The whole module: jumps to helpers, functions, entry code; and the image of it. */
#include "runtime/baseline/baseline_int.h"

#include <stdlib.h>
#include <sys/platform/x86.h>

#include "runtime/native/image_make.h"

/* Ordinary code is three times as large as the module's. What goes far beyond is made to be: a
 * branch of two bytes can carry a thousand values. */
enum { CODE_FACTOR = 64, CODE_LEAST = 16 << 20, CODE_MOST = 1 << 30 };
enum { ALIGN = 16, REPORT_BYTES = 64 << 10, INT3 = 0xcc };

bool baseline_available(void)
{
    return CPU_FEATURE_ACTIVE(SSE4_1) && CPU_FEATURE_ACTIVE(POPCNT);
}

static void align(struct asmbuf *a)
{
    while (a->n % ALIGN)
        asm_byte(a, INT3);
}

/* A jump to a helper, whose address is in the image's table; returns where its distance is. */
static uint32_t helper_jump(struct asmbuf *a)
{
    asm_byte(a, 0xff);
    asm_byte(a, 0x25);
    asm_imm32(a, 0);
    return a->n - 4;
}

/* Code for all: distances to the table of helpers are set at the end (`slots`). */
static void shared_code(struct baseline *b, uint32_t slots[NH_N + 1])
{
    func_frame(b, 8);
    for (uint32_t h = 0; h < NH_N; h++) {
        b->helpers[h] = b->a.n;
        slots[h] = helper_jump(&b->a);
    }
    b->trap_tail = b->a.n;
    asm_rr(&b->a, I_MOV | W, RDI, R13);
    slots[NH_N] = helper_jump(&b->a);
}

static void report(const struct baseline *b, uint64_t done, uint64_t *told, uint64_t total)
{
    if (b->opt->progress && (done == total || done - *told >= REPORT_BYTES)) {
        b->opt->progress(b->opt->ctx, done, total);
        *told = done;
    }
}

static enum status make_functions(struct baseline *b)
{
    const struct vview *v = b->view;
    uint64_t done = 0, told = 0, total = 0;
    for (uint32_t i = 0; i < v->ndefined; i++)
        total += v->funcs[i].ncode;
    for (uint32_t i = 0; i < v->ndefined; i++) {
        if (stopped(b))
            return E_UNFINISHED;
        align(&b->a);
        func_compile(b, i);
        if (b->failed || b->a.failed)
            return stopped(b) ? E_UNFINISHED : E_NOMEM;
        done += v->funcs[i].ncode;
        report(b, done, &told, total);
    }
    return OK;
}

/* The entry code of every type that a defined function has. */
static enum status make_entries(struct baseline *b)
{
    const struct vview *v = b->view;
    memset(b->entries, 0xff, v->ntypes * sizeof *b->entries);
    for (uint32_t i = 0; i < v->ndefined; i++) {
        uint32_t t = v->types[v->funcs[i].type].canonical;
        if (b->entries[t] != IMAGE_NONE)
            continue;
        align(&b->a);
        b->entries[t] = b->a.n;
        call_entry(b, t);
    }
    for (uint32_t t = 0; t < v->ntypes; t++)
        b->entries[t] = b->entries[v->types[t].canonical];
    return b->failed || b->a.failed ? E_NOMEM : OK;
}

static enum status make_image(struct baseline *b, const struct image_key *key,
                              const uint32_t slots[NH_N + 1], struct image_bytes *out,
                              struct diag *why)
{
    struct image_header h = {.key = *key};
    struct image_tables t = {.funcs = b->funcs,
                             .entries = b->entries,
                             .frames = b->frames.v,
                             .nframes = b->frames.n,
                             .lines = b->lines.v,
                             .nlines = b->lines.n};
    h.code = (struct image_part){image_page_up(sizeof h), b->a.n};
    h.rodata = (struct image_part){image_page_up(h.code.at + h.code.count), 0};
    h.helpers = (struct image_part){h.rodata.at, NH_N};
    for (uint32_t k = 0; k <= NH_N; k++) {
        uint32_t helper = k == NH_N ? NH_trap : k;
        asm_patch(&b->a, slots[k], slots[k] + 4, h.helpers.at - h.code.at + 8 * helper);
    }
    if (!image_place_tables(&h, b->view, &t))
        return diag_set(why, E_COMPILER, "the image takes %llu bytes", (unsigned long long)h.bytes);
    uint8_t *image = calloc(1, h.bytes);
    if (!image)
        return diag_set(why, E_NOMEM, "a native image");
    memcpy(image + h.code.at, b->a.code, b->a.n);
    image_finish(image, &h, b->view, &t);
    *out = (struct image_bytes){image, h.bytes};
    return OK;
}

static void list_imports(struct baseline *b)
{
    const struct vview *v = b->view;
    for (uint32_t i = 0, n = 0; i < v->nimports; i++)
        if (v->imports[i].kind == EXT_FUNC)
            b->imports[n++] = &v->imports[i];
}

static void release(struct baseline *b)
{
    asm_free(&b->a);
    free(b->frames.v);
    free(b->lines.v);
    free(b->funcs);
    free(b->entries);
    free(b->imports);
    free(b->local_types);
    free(b->local_regs);
    free(b->weights);
    free(b->stack);
    free(b->ctls.v);
    free(b->fixes.v);
    free(b->traps.v);
    free(b->depth.v);
    free(b->touched.v);
}

enum status baseline_compile(const struct verified_module *m, const struct image_key *key,
                             const struct compile_options *o, struct image_bytes *out,
                             struct diag *why)
{
    const struct vview *v = verified_view(m);
    struct baseline b = {.view = v, .opt = o};
    uint64_t limit = CODE_LEAST + (uint64_t)v->nbytes * CODE_FACTOR;
    uint32_t slots[NH_N + 1];
    if (!baseline_available())
        return diag_set(why, E_COMPILER, "the processor has no SSE 4.1 or POPCNT");
    b.a.limit = limit < CODE_MOST ? (uint32_t)limit : CODE_MOST;
    b.funcs = calloc(v->ndefined + 1, sizeof *b.funcs);
    b.entries = calloc(v->ntypes + 1, sizeof *b.entries);
    b.imports = calloc(v->nimported[EXT_FUNC] + 1, sizeof *b.imports);
    enum status st = b.funcs && b.entries && b.imports ? OK : E_NOMEM;
    if (st == OK) {
        list_imports(&b);
        shared_code(&b, slots);
        st = make_functions(&b);
    }
    if (st == OK)
        st = make_entries(&b);
    if (b.a.full)
        st = diag_set(why, E_COMPILER, "its machine code would take more than %u bytes", b.a.limit);
    else if (st != OK)
        diag_set(why, st, "machine code of %u functions", v->ndefined);
    else
        st = make_image(&b, key, slots, out, why);
    release(&b);
    return st;
}
