/* Source lines of places in a module, out of its DWARF, read by libdw.
 *
 * DWARF of a Wasm module is in custom sections `.debug_*`; its addresses count from the contents of
 * the code section. libdw reads ELF files, so the sections are put into a small one in memory. What
 * it says goes into messages only. Modules are not trusted and libdw is large: nothing in the
 * runtime calls this by itself, sizes are bounded, and the command line does it in a process of its
 * own.
 */
#include <elf.h>
#include <elfutils/libdw.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"
#include "base/strbuf.h"
#include "include/singula.h"

enum {
    SECTION_CODE = 10,
    DEBUG_BYTES_MAX = 256 << 20, /* all sections together */
    LINE_BYTES_MAX = 4 << 20,    /* .debug_line: a byte can become a row of 80 bytes */
    UNITS_MAX = 100000,
    SECTIONS_MAX = 16,
    PLACES_MAX = 1024,
};

/* ---- the module ---- */

struct debug_sections {
    const uint8_t *bytes[SECTIONS_MAX];
    uint32_t nbytes[SECTIONS_MAX];
    char name[SECTIONS_MAX][24]; /* ".debug_line" */
    uint32_t n;
    uint32_t code; /* offset of the code section's contents; 0: none */
};

static void add_custom(struct debug_sections *d, struct span s)
{
    uint32_t len = span_leb_u32(&s);
    const uint8_t *name = span_take(&s, len);
    if (!name || len < 7 || len >= sizeof d->name[0] || memcmp(name, ".debug_", 7) != 0 ||
        d->n == SECTIONS_MAX)
        return;
    memcpy(d->name[d->n], name, len);
    d->name[d->n][len] = 0;
    if (strcmp(d->name[d->n], ".debug_line") == 0 && span_left(&s) > LINE_BYTES_MAX)
        return;
    d->bytes[d->n] = s.p;
    d->nbytes[d->n++] = (uint32_t)span_left(&s);
}

static bool find_sections(const uint8_t *bytes, size_t n, struct debug_sections *d)
{
    uint64_t total = 0;
    if (n < 8 || n > UINT32_MAX)
        return false;
    struct span s = span_make(bytes, n);
    span_take(&s, 8);
    while (span_left(&s) && !s.bad) {
        uint8_t id = span_u8(&s);
        uint32_t size = span_leb_u32(&s);
        if (id == SECTION_CODE)
            d->code = span_offset(&s);
        struct span section = span_sub(&s, size);
        if (id == 0 && !section.bad)
            add_custom(d, section);
    }
    for (uint32_t i = 0; i < d->n; i++)
        total += d->nbytes[i];
    return d->code && d->n && total <= DEBUG_BYTES_MAX;
}

/* ---- the ELF file ---- */

static void put(struct strbuf *b, const void *p, size_t n)
{
    strbuf_put(b, p, n);
}

static void align(struct strbuf *b)
{
    while (b->len % 4)
        put(b, "", 1);
}

static void make_elf(const struct debug_sections *d, struct strbuf *out)
{
    Elf32_Shdr head[SECTIONS_MAX + 2] = {0};
    struct strbuf names = {0};
    Elf32_Ehdr e = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_version = EV_CURRENT,
        .e_ehsize = sizeof e,
        .e_shentsize = sizeof head[0],
        .e_shnum = (Elf32_Half)(d->n + 2),
        .e_shstrndx = (Elf32_Half)(d->n + 1)};
    put(out, &e, sizeof e);
    put(&names, "", 1);
    for (uint32_t i = 0; i <= d->n; i++) {
        const char *name = i < d->n ? d->name[i] : ".shstrtab";
        Elf32_Shdr *h = &head[i + 1];
        *h = (Elf32_Shdr){.sh_name = (Elf32_Word)names.len,
                          .sh_type = i < d->n ? SHT_PROGBITS : SHT_STRTAB,
                          .sh_addralign = 1};
        put(&names, name, strlen(name) + 1);
        align(out);
        h->sh_offset = (Elf32_Off)out->len;
        h->sh_size = i < d->n ? d->nbytes[i] : (Elf32_Word)names.len;
        if (i < d->n)
            put(out, d->bytes[i], d->nbytes[i]);
        else
            put(out, names.s, names.len);
    }
    align(out);
    e.e_shoff = (Elf32_Off)out->len;
    put(out, head, (d->n + 2) * sizeof head[0]);
    if (!out->failed)
        memcpy(out->s, &e, sizeof e);
    out->failed |= names.failed;
    strbuf_clear(&names);
}

/* ---- places ---- */

struct place {
    uint32_t address;
    uint32_t *line;
    char *file; /* [120] */
};

struct places {
    struct place p[PLACES_MAX];
    uint32_t n, found;
};

static void add_place(struct places *ps, uint32_t code, uint32_t offset, uint32_t *line, char *file)
{
    if (offset != SINGULA_NONE && offset >= code && ps->n < PLACES_MAX)
        ps->p[ps->n++] = (struct place){offset - code, line, file};
}

static int by_address(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    return (a->address > b->address) - (a->address < b->address);
}

/* Copies a path: its end if it is too long, nothing that a terminal would act on. */
static void put_path(char *out, size_t size, const char *path)
{
    size_t n = strlen(path);
    bool utf8 = utf8_valid((const uint8_t *)path, n);
    if (n >= size) {
        path += n - (size - 1);
        n = size - 1;
        while (n && ((uint8_t)*path & 0xc0) == 0x80) { /* no half of a character */
            path++;
            n--;
        }
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t c = (uint8_t)path[i];
        out[i] = c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8) ? '?' : (char)c;
    }
    out[n] = 0;
}

/* The row that begins at `from` and ends before `to`. */
static void match_row(struct places *ps, Dwarf_Line *row, Dwarf_Addr from, Dwarf_Addr to)
{
    uint32_t low = 0, high = ps->n;
    int line = 0;
    while (low < high) { /* the first place at or after `from` */
        uint32_t mid = low + (high - low) / 2;
        if (ps->p[mid].address < from)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == ps->n || ps->p[low].address >= to)
        return;
    const char *file = dwarf_linesrc(row, NULL, NULL);
    if (!file || dwarf_lineno(row, &line) != 0 || line <= 0)
        return;
    for (; low < ps->n && ps->p[low].address < to; low++) {
        if (*ps->p[low].line)
            continue;
        put_path(ps->p[low].file, sizeof((struct singula_note *)0)->source, file);
        *ps->p[low].line = (uint32_t)line;
        ps->found++;
    }
}

static void match_unit(struct places *ps, Dwarf_Die *unit)
{
    Dwarf_Lines *rows;
    size_t n;
    Dwarf_Addr from, to;
    bool end;
    if (dwarf_getsrclines(unit, &rows, &n) != 0)
        return;
    for (size_t i = 0; i + 1 < n; i++) {
        Dwarf_Line *row = dwarf_onesrcline(rows, i), *next = dwarf_onesrcline(rows, i + 1);
        if (dwarf_lineendsequence(row, &end) == 0 && !end && dwarf_lineaddr(row, &from) == 0 &&
            dwarf_lineaddr(next, &to) == 0 && from < to)
            match_row(ps, row, from, to);
    }
}

static void match_all(struct places *ps, struct strbuf *image)
{
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory(image->s, image->len);
    Dwarf *dwarf = elf ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;
    Dwarf_CU *cu = NULL;
    Dwarf_Die unit;
    for (uint32_t i = 0; dwarf && i < UNITS_MAX && ps->found < ps->n; i++) {
        if (dwarf_get_units(dwarf, cu, &cu, NULL, NULL, &unit, NULL) != 0)
            break;
        match_unit(ps, &unit);
    }
    dwarf_end(dwarf);
    elf_end(elf);
}

uint32_t singula_diag_locate(const uint8_t *bytes, size_t n, struct singula_diag *diags,
                             uint32_t ndiags)
{
    struct debug_sections d = {0};
    struct strbuf image = {0};
    struct places ps;
    ps.n = ps.found = 0;
    if (!find_sections(bytes, n, &d))
        return 0;
    for (uint32_t i = 0; i < ndiags; i++) {
        struct singula_diag *e = &diags[i];
        if (e->func == SINGULA_NONE)
            continue;
        add_place(&ps, d.code, e->offset, &e->source_line, e->source);
        for (uint32_t k = 0; k < e->nnotes; k++)
            add_place(&ps, d.code, e->notes[k].offset, &e->notes[k].source_line,
                      e->notes[k].source);
    }
    qsort(ps.p, ps.n, sizeof ps.p[0], by_address);
    make_elf(&d, &image);
    if (ps.n && !image.failed)
        match_all(&ps, &image);
    strbuf_clear(&image);
    return ps.found;
}
