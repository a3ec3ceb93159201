/* Instances and SIPs: linking, segments, growth and quotas, the life cycle, reports. */
#include <check.h>

#include "runtime/engine/hostcall.h"
#include "runtime/engine/instance.h"
#include "runtime/engine/spawn.h"
#include "tests/suite.h"
#include "tests/unit/wat.h"
#include "verifier/verify.h"

/* ---- a runtime with one SIP ---- */

static struct runtime rt;
static struct sip *sip;
static struct unit {
    struct verified_module *module;
    struct code_module code; /* nothing runs here, so the common part does */
} units[16];
static uint32_t nunits;
static struct instance *exporter; /* answers imports of module "m" */

static enum status link_m(void *ctx, const struct vimport *imp, const struct functype *type,
                          struct extern_ref *out, struct diag *why)
{
    (void)ctx, (void)type, (void)why;
    if (!exporter || imp->module.len != 1 || imp->module.s[0] != 'm')
        return E_UNLINKABLE_UNKNOWN;
    return instance_export(exporter, imp->name, out) ? OK : E_UNLINKABLE_UNKNOWN;
}

static void open_sip(enum memory_mode mode, struct spawn_options opt)
{
    struct diag why;
    diag_clear(&why);
    nunits = 0;
    exporter = NULL;
    opt.mode = mode;
    opt.link = link_m;
    ck_assert_int_eq(runtime_open(&rt, NULL, &why), OK);
    ck_assert_int_eq(spawn_create(&rt, &opt, &sip, &why), OK);
}

static void close_sip(void)
{
    struct diag why;
    struct region_stats pages;
    diag_clear(&why);
    spawn_destroy(sip);
    for (uint32_t i = 0; i < nunits; i++) {
        links_free(units[i].code.links);
        verified_destroy(units[i].module);
    }
    ck_assert_msg(runtime_audit(&rt, &why) == OK, "%s", why.detail);
    region_stats(rt.region, &pages);
    runtime_close(&rt);
}

/* Verifies a text, makes code of it and an instance in the SIP. */
static enum status load(const char *text, struct instance **out, struct diag *why)
{
    size_t n;
    uint8_t *bytes = wat_binary(text, &n);
    struct unit *u = &units[nunits++];
    *u = (struct unit){0};
    diag_clear(why);
    ck_assert_msg(verify(bytes, n, NULL, &u->module, why) == OK, "%s %s", status_name(why->code),
                  why->detail);
    free(bytes);
    u->code = (struct code_module){.module = u->module, .mode = sip->mode};
    return spawn_load(sip, &u->code, out, why);
}

static uint64_t global(const struct instance *inst, const char *name)
{
    struct extern_ref x;
    ck_assert(instance_export(inst, (struct vname){name, (uint32_t)strlen(name)}, &x));
    ck_assert_int_eq(x.kind, EXT_GLOBAL);
    return *instance_global(x.inst, x.index);
}

/* ---- linking ---- */

static const char exports[] =
    "(module (func (export \"f\") (param i32) (result i64) unreachable)"
    "(table (export \"t\") 3 7 funcref) (memory (export \"mem\") 1 4)"
    "(global (export \"g\") (mut i32) (i32.const 5)) (global (export \"c\") i64 (i64.const 9)))";

static const struct {
    const char *import;
    enum status want;
} links[] = {
    {"(import \"m\" \"f\" (func (param i32) (result i64)))", OK},
    {"(import \"m\" \"f\" (func (param i32) (result i32)))", E_UNLINKABLE_TYPE},
    {"(import \"m\" \"f\" (func (param i32 i32) (result i64)))", E_UNLINKABLE_TYPE},
    {"(import \"m\" \"f\" (func (param i32)))", E_UNLINKABLE_TYPE},
    {"(import \"m\" \"f\" (memory 1))", E_UNLINKABLE_TYPE},
    {"(import \"m\" \"nothing\" (func))", E_UNLINKABLE_UNKNOWN},
    {"(import \"other\" \"f\" (func))", E_UNLINKABLE_UNKNOWN},
    {"(import \"m\" \"t\" (table 3 7 funcref))", OK},
    {"(import \"m\" \"t\" (table 0 funcref))", OK},
    {"(import \"m\" \"t\" (table 3 8 funcref))", OK},
    {"(import \"m\" \"t\" (table 4 funcref))", E_UNLINKABLE_TYPE},
    {"(import \"m\" \"t\" (table 3 6 funcref))", E_UNLINKABLE_TYPE},
    {"(import \"m\" \"t\" (table 3 7 externref))", E_UNLINKABLE_TYPE},
    {"(import \"m\" \"mem\" (memory 1 4))", OK},
    {"(import \"m\" \"mem\" (memory 0))", OK},
    {"(import \"m\" \"mem\" (memory 2))", E_UNLINKABLE_TYPE},
    {"(import \"m\" \"mem\" (memory 1 3))", E_UNLINKABLE_TYPE},
    {"(import \"m\" \"g\" (global (mut i32)))", OK},
    {"(import \"m\" \"g\" (global i32))", E_UNLINKABLE_TYPE},
    {"(import \"m\" \"g\" (global (mut i64)))", E_UNLINKABLE_TYPE},
    {"(import \"m\" \"c\" (global i64))", OK},
    {"(import \"m\" \"c\" (global (mut i64)))", E_UNLINKABLE_TYPE},
};

START_TEST(imports_match_exactly)
{
    struct instance *inst;
    struct diag why;
    char text[200];
    open_sip(MEMORY_COMPACT, (struct spawn_options){0});
    ck_assert_int_eq(load(exports, &exporter, &why), OK);
    uint32_t npages = sip->proc.npages, ninsts = sip->ninsts;
    snprintf(text, sizeof text, "(module %s (memory (export \"x\") 0))", links[_i].import);
    if (strstr(links[_i].import, "memory"))
        snprintf(text, sizeof text, "(module %s)", links[_i].import);
    enum status got = load(text, &inst, &why);
    ck_assert_msg(got == links[_i].want, "%s: %s", links[_i].import, status_name(got));
    if (got == E_UNLINKABLE_TYPE)
        ck_assert(why.want[0] && why.found[0]);
    if (got != OK) { /* nothing was changed */
        ck_assert_uint_eq(sip->proc.npages, npages);
        ck_assert_uint_eq(sip->ninsts, ninsts);
        ck_assert_int_eq(why.code, got);
    }
    close_sip();
}
END_TEST

/* A table or memory that has grown satisfies a larger minimum: the size counts, not the
 * declaration. */
START_TEST(imports_see_the_size_of_now)
{
    struct instance *inst;
    struct diag why;
    open_sip((enum memory_mode)_i, (struct spawn_options){0});
    ck_assert_int_eq(load(exports, &exporter, &why), OK);
    ck_assert_int_eq(memory_grow(sip, exporter->memories[0], 2), 1);
    ck_assert_int_eq(table_grow(sip, exporter->tables[0], 4, 0), 3);
    ck_assert_int_eq(
        load("(module (import \"m\" \"mem\" (memory 3)) (import \"m\" \"t\" (table 7 funcref)))",
             &inst, &why),
        OK);
    ck_assert_ptr_eq(inst->memories[0], exporter->memories[0]);
    ck_assert_ptr_eq(inst->mem0, exporter->mem0);
    close_sip();
}
END_TEST

START_TEST(globals_are_shared_and_evaluated)
{
    struct instance *inst;
    struct diag why;
    open_sip(MEMORY_COMPACT, (struct spawn_options){0});
    ck_assert_int_eq(load(exports, &exporter, &why), OK);
    ck_assert_int_eq(
        load("(module (import \"m\" \"g\" (global $g (mut i32))) (import \"m\" \"c\" (global $c "
             "i64))"
             "(global (export \"copy\") i64 (global.get $c)) (export \"again\" (global $g))"
             "(global (export \"null\") externref (ref.null extern)) (func $f)"
             "(global (export \"func\") funcref (ref.func $f)))",
             &inst, &why),
        OK);
    ck_assert_uint_eq(global(inst, "copy"), 9);
    ck_assert_uint_eq(global(inst, "null"), 0);
    ck_assert_uint_eq(global(inst, "func"), FUNCREF(1, 0));
    *instance_global(exporter, 0) = 77;
    ck_assert_uint_eq(global(inst, "again"), 77);
    close_sip();
}
END_TEST

/* ---- segments ---- */

START_TEST(segments_run_in_order_until_one_traps)
{
    struct instance *inst;
    struct diag why;
    open_sip((enum memory_mode)_i, (struct spawn_options){0});
    ck_assert_int_eq(load(exports, &exporter, &why), OK);
    ck_assert_int_eq(
        load("(module (import \"m\" \"mem\" (memory 1)) (import \"m\" \"t\" (table 1 funcref)) "
             "(func $f)"
             "(elem (i32.const 1) $f) (data (i32.const 4) \"ab\") (data (i32.const 65535) \"cd\")"
             "(data (i32.const 0) \"never\"))",
             &inst, &why),
        E_UNINSTANTIABLE);
    ck_assert_ptr_null(inst);
    ck_assert_ptr_nonnull(strstr(why.detail, "data segment 1"));
    const uint8_t *bytes = exporter->mem0->base;
    ck_assert(bytes[4] == 'a' && bytes[5] == 'b' && bytes[65535] == 0 && bytes[0] == 0);
    /* its function is in our table, so it must still be there */
    ck_assert_uint_eq(exporter->tables[0]->slots[1], FUNCREF(1, 0));
    ck_assert_uint_eq(sip->ninsts, 2);
    close_sip();
}
END_TEST

START_TEST(bulk_operations_check_before_they_write)
{
    struct instance *inst;
    struct diag why;
    open_sip(MEMORY_COMPACT, (struct spawn_options){0});
    ck_assert_int_eq(
        load("(module (memory 1) (table 4 funcref) (table 2 funcref) (func $f) (func $g)"
             "(data \"xyz\") (elem func $f $g $f) (data (i32.const 0) \"q\"))",
             &inst, &why),
        OK);
    ck_assert(memory_init(inst, 0, 0, 10, 1, 2));
    ck_assert(memcmp(inst->mem0->base + 10, "yz", 2) == 0);
    ck_assert(!memory_init(inst, 0, 0, 10, 2, 2));
    ck_assert(!memory_init(inst, 0, 0, 65535, 0, 2));
    ck_assert(memory_init(inst, 0, 0, 65536, 3, 0));
    ck_assert(!memory_init(inst, 0, 0, 65537, 0, 0));
    ck_assert(!memory_init(inst, 0, 1, 0, 0, 1)); /* active ones are dropped */
    ck_assert(memory_init(inst, 0, 1, 0, 0, 0));
    ck_assert(table_init(inst, 0, 0, 1, 0, 3));
    ck_assert(!table_init(inst, 0, 0, 2, 0, 3));
    ck_assert(table_copy(inst, 0, 0, 0, 1, 3));
    ck_assert_uint_eq(inst->tables[0]->slots[1], FUNCREF(0, 1));
    ck_assert(table_copy(inst, 1, 0, 0, 0, 2));
    ck_assert(!table_copy(inst, 1, 0, 1, 0, 2));
    ck_assert(table_fill(inst, 1, 0, 0, 2));
    ck_assert(!table_fill(inst, 1, 2, 0, 1));
    ck_assert_uint_eq(inst->tables[1]->slots[0], 0);
    close_sip();
}
END_TEST

/* ---- growth and quotas ---- */

START_TEST(memory_growth_keeps_bytes)
{
    struct instance *inst;
    struct diag why;
    open_sip((enum memory_mode)_i, (struct spawn_options){.max_pages = 16 * 100 + 8});
    ck_assert_int_eq(load("(module (memory 0) (data (i32.const 0) \"\"))", &inst, &why), OK);
    struct memory *m = inst->mem0;
    ck_assert_ptr_nonnull(guest_bytes(inst, 0, 0));
    ck_assert_ptr_null(guest_bytes(inst, 0, 1));
    ck_assert_int_eq(memory_grow(sip, m, 0), 0);
    ck_assert_int_eq(memory_grow(sip, m, 1), 0);
    m->base[65535] = 42;
    for (uint32_t size = 1; size < 100; size++) {
        ck_assert_int_eq(memory_grow(sip, m, 1), size);
        ck_assert_uint_eq(m->base[65535], 42);
        ck_assert_uint_eq(m->base[(uint64_t)(size + 1) * 65536 - 1], 0);
        m->base[(uint64_t)(size + 1) * 65536 - 1] = (uint8_t)size;
    }
    ck_assert_uint_eq(m->base[50 * 65536 - 1], 49);
    ck_assert_int_eq(memory_grow(sip, m, 1), -1); /* the quota */
    ck_assert_int_eq(memory_grow(sip, m, 65535), -1);
    ck_assert_int_eq(memory_grow(sip, m, UINT32_MAX), -1);
    ck_assert_uint_eq(m->bytes, 100 * 65536);
    ck_assert_ptr_nonnull(guest_bytes(inst, 100 * 65536 - 1, 1));
    ck_assert_ptr_null(guest_bytes(inst, 100 * 65536 - 1, 2));
    ck_assert_ptr_null(guest_bytes(inst, UINT32_MAX, UINT64_MAX));
    close_sip();
}
END_TEST

START_TEST(tables_grow)
{
    struct instance *inst;
    struct diag why;
    open_sip(MEMORY_COMPACT, (struct spawn_options){.max_pages = 64});
    ck_assert_int_eq(
        load("(module (table 2 funcref) (table 1 5 externref) (table 300 funcref))", &inst, &why),
        OK);
    struct table *t = inst->tables[0];
    t->slots[1] = 17;
    ck_assert_int_eq(table_grow(sip, t, 1000, 5), 2);
    ck_assert(t->slots[0] == 0 && t->slots[1] == 17 && t->slots[2] == 5 && t->slots[1001] == 5);
    ck_assert_int_eq(table_grow(sip, t, 9000, 6), 1002);
    ck_assert(t->slots[1] == 17 && t->slots[1001] == 5 && t->slots[1002] == 6 &&
              t->slots[10001] == 6);
    ck_assert_int_eq(table_grow(sip, t, 1u << 20, 0), -1);
    ck_assert_int_eq(table_grow(sip, t, UINT32_MAX, 0), -1);
    ck_assert_int_eq(table_grow(sip, inst->tables[1], 5, 0), -1);
    ck_assert_int_eq(table_grow(sip, inst->tables[1], 4, 0), 1);
    ck_assert_int_eq(table_grow(sip, inst->tables[2], 1, 3), 300);
    ck_assert_uint_eq(inst->tables[2]->slots[300], 3);
    close_sip();
}
END_TEST

/* What stands beside an extent, so that it cannot grow where it is. */
static void hem_in(struct extent *walls, uint32_t n, uint32_t npages)
{
    for (uint32_t i = 0; i < n; i++) {
        walls[i] = (struct extent){0};
        ck_assert_int_eq(extent_reserve(rt.region, ZONE_COMPACT, OWNER_XHEAP, npages,
                                        PAGE_R | PAGE_W, &walls[i]),
                         OK);
    }
}

enum { WALLS = 8 };
static struct extent walls[2 * WALLS];

/* A memory of so many pages and a table, which cannot grow where they are; with something in each
 * page. */
static struct instance *open_hemmed(const char *text, uint32_t pages)
{
    struct instance *inst;
    struct diag why;
    open_sip(MEMORY_COMPACT, (struct spawn_options){0});
    ck_assert_int_eq(load(text, &inst, &why), OK);
    hem_in(walls, WALLS, inst->mem0->extent.npages);
    hem_in(walls + WALLS, WALLS, inst->tables[0]->extent.npages);
    for (uint32_t i = 0; i < pages; i++)
        inst->mem0->base[i * 65536 + i] = (uint8_t)(i + 1);
    return inst;
}

static void close_hemmed(void)
{
    for (uint32_t i = 0; i < 2 * WALLS; i++)
        extent_release(rt.region, &walls[i]);
    close_sip();
}

/* A large memory or table moves in pieces, and may be given up at each of them. */
START_TEST(growth_in_pieces)
{
    enum { AT = 200 };
    for (uint32_t stop = 0; stop < 4; stop++) {
        struct instance *inst = open_hemmed("(module (memory 200) (table 2000000 funcref))", AT);
        struct diag why;
        uint32_t pieces = 0, ends = stop * 15;
        int64_t old;
        struct memory *m = inst->mem0;
        struct table *t = inst->tables[0];
        t->slots[1999999] = 18;
        while (!memory_grow_some(sip, m, AT, &old)) {
            ck_assert(region_audit(rt.region, &why) == OK);
            if (++pieces == ends)
                break;
        }
        if (pieces != ends || !ends) {
            ck_assert_uint_gt(pieces, 12);
            ck_assert_int_eq(old, AT);
            for (uint32_t i = 0; i < AT; i++)
                ck_assert_uint_eq(m->base[i * 65536 + i], i + 1);
            ck_assert_uint_eq(m->base[2 * AT * 65536 - 1], 0);
            ck_assert_uint_eq(m->other.npages, 0);
        }
        for (pieces = 0; !table_grow_some(sip, t, 600000, 5, &old); pieces++)
            if (pieces && pieces == ends)
                break;
        if (pieces != ends || !ends) {
            ck_assert_uint_gt(pieces, 15);
            ck_assert_int_eq(old, 2000000);
            ck_assert(t->slots[1999999] == 18 && t->slots[2000000] == 5 && t->slots[2599999] == 5);
        }
        close_hemmed();
    }
}
END_TEST

/* Every page request of a growth in pieces fails once: it grows all the same, or is as it was. */
START_TEST(growth_that_fails_half_way)
{
    enum { AT = 100 };
    bool failed = true;
    for (uint32_t k = 1; failed && k < 100; k++) {
        struct instance *inst = open_hemmed("(module (memory 100) (table 1000000 funcref))", AT);
        struct diag why;
        int64_t old, told;
        struct memory *m = inst->mem0;
        struct table *t = inst->tables[0];
        t->slots[999999] = 18;
        uint32_t before = sip->proc.npages;
        region_fail_after(rt.region, k);
        while (!memory_grow_some(sip, m, AT, &old))
            ;
        while (!table_grow_some(sip, t, 300000, 5, &told))
            ;
        failed = !region_fail_after(rt.region, 0);
        ck_assert(failed || (old == AT && told == 1000000));
        ck_assert(old == AT || old == -1);
        ck_assert(told == 1000000 || told == -1);
        if (old == -1 && told == -1)
            ck_assert_uint_eq(sip->proc.npages, before);
        ck_assert_uint_eq(m->pages, old == AT ? 2 * AT : AT);
        ck_assert_uint_eq(m->bytes, (uint64_t)m->pages << 16);
        for (uint32_t i = 0; i < AT; i++)
            ck_assert_uint_eq(m->base[i * 65536 + i], i + 1);
        ck_assert_uint_eq(t->slots[999999], 18);
        ck_assert_uint_eq(m->other.npages, 0);
        ck_assert_msg(runtime_audit(&rt, &why) == OK, "%s", why.detail);
        ck_assert_int_eq(memory_grow(sip, m, 1), old == AT ? 2 * AT : AT); /* it can go on */
        close_hemmed();
    }
    ck_assert(!failed);
}
END_TEST

/* A large memory gets its pages in pieces, and may end, or find that there are no more, at each of
 * them. */
START_TEST(much_memory_in_pieces)
{
    enum { MORE = 12000, PIECE = 1 << 16 };
    for (uint32_t stop = 0; stop < 4; stop++) {
        struct instance *inst;
        struct diag why;
        uint32_t pieces = 0;
        int64_t old;
        open_sip((enum memory_mode)_i, (struct spawn_options){0});
        ck_assert_int_eq(load("(module (memory 1))", &inst, &why), OK);
        struct memory *m = inst->mem0;
        uint32_t before = m->extent.committed, charged = sip->proc.npages;
        for (uint32_t had = before; !memory_grow_some(sip, m, MORE, &old); pieces++) {
            ck_assert_uint_le(m->extent.committed, had + PIECE);
            ck_assert(m->bytes == 65536 && m->base == extent_addr(rt.region, &m->extent));
            ck_assert(region_audit(rt.region, &why) == OK);
            had = m->extent.committed;
            if (pieces + 1 == stop)
                region_fail_after(rt.region, 1);
            if (pieces == 1 && stop == 3)
                break;
        }
        if (stop == 0 || (CHECK_LEVEL == 0 && stop < 3)) {
            ck_assert(pieces >= 2 && old == 1 && m->bytes == (MORE + 1) * UINT64_C(65536));
            m->base[m->bytes - 1] = 1;
        } else if (stop < 3) {
            ck_assert(old == -1 && m->bytes == 65536);
            ck_assert(m->extent.committed == before && sip->proc.npages == charged);
            ck_assert_int_eq(memory_grow(sip, m, MORE), 1); /* it can go on */
        }
        close_sip();
    }
}
END_TEST

START_TEST(quota_refuses_an_instance)
{
    struct instance *inst;
    struct diag why;
    open_sip((enum memory_mode)_i, (struct spawn_options){.max_pages = 40});
    ck_assert_int_eq(load("(module (memory 2))", &inst, &why), OK);
    uint32_t npages = sip->proc.npages;
    ck_assert_int_eq(load("(module (table 10 funcref) (memory 1))", &inst, &why), E_LIMIT);
    ck_assert(why.want[0] && why.found[0]);
    ck_assert_uint_eq(sip->proc.npages, npages);
    ck_assert_int_eq(load("(module (table 10000 funcref))", &inst, &why), E_LIMIT);
    ck_assert_uint_eq(sip->proc.npages, npages);
    close_sip();
}
END_TEST

/* Every page request of an instantiation fails once: nothing is left over. */
START_TEST(page_failures_leave_nothing)
{
    struct instance *inst;
    struct diag why;
    bool failed;
    for (uint32_t k = 1;; k++) {
        open_sip((enum memory_mode)_i, (struct spawn_options){0});
        uint32_t before = sip->proc.npages;
        size_t n;
        uint8_t *bytes =
            wat_binary("(module (table 1000 funcref) (table 3 funcref) (memory 3))", &n);
        diag_clear(&why);
        ck_assert_int_eq(verify(bytes, n, NULL, &units[0].module, &why), OK);
        free(bytes);
        nunits = 1;
        units[0].code = (struct code_module){.module = units[0].module, .mode = sip->mode};
        region_fail_after(rt.region, k);
        enum status st = spawn_load(sip, &units[0].code, &inst, &why);
        failed = !region_fail_after(rt.region, 0);
        if (failed) {
            ck_assert_int_ne(st, OK);
            ck_assert_uint_le(sip->proc.npages, before + 1); /* the control page may stay */
        } else {
            ck_assert_int_eq(st, OK);
        }
        close_sip();
        if (!failed)
            break;
        ck_assert_uint_lt(k, 50);
    }
}
END_TEST

START_TEST(control_pages_rewind_to_zero)
{
    open_sip(MEMORY_COMPACT, (struct spawn_options){.max_pages = 200});
    char *keep = sip_alloc(sip, 100);
    memset(keep, 1, 100);
    struct sip_mark mark = sip_mark(sip);
    uint32_t npages = sip->proc.npages;
    for (int i = 0; i < 20; i++) {
        char *p = sip_alloc(sip, 20000);
        ck_assert_ptr_nonnull(p);
        for (int k = 0; k < 20000; k++)
            ck_assert_int_eq(p[k], 0);
        memset(p, 0xff, 20000);
    }
    sip_rewind(sip, mark);
    ck_assert_uint_le(sip->proc.npages, npages + 16);
    char *p = sip_alloc(sip, 50000);
    for (int k = 0; k < 50000; k++)
        ck_assert_int_eq(p[k], 0);
    ck_assert_int_eq(keep[99], 1);
    ck_assert_ptr_null(sip_alloc(sip, 1 << 20)); /* the quota */
    ck_assert_ptr_null(sip_alloc(sip, SIZE_MAX));
    close_sip();
}
END_TEST

/* ---- texts ---- */

START_TEST(type_texts)
{
    static const uint8_t params[] = {VT_I32, VT_F64}, results[] = {VT_I64};
    struct functype t = {.params = params, .nparams = 2, .results = results, .nresults = 1};
    struct strbuf b = {0};
    ck_assert(hostcall_type_matches("iF:I", &t));
    ck_assert(!hostcall_type_matches("iF:", &t) && !hostcall_type_matches("i:I", &t));
    ck_assert(!hostcall_type_matches("iFF:I", &t) && !hostcall_type_matches("iF:II", &t));
    ck_assert(!hostcall_type_matches("if:I", &t) && !hostcall_type_matches("", &t));
    ck_assert(hostcall_type_valid("iIfFr:r") && hostcall_type_valid("") &&
              hostcall_type_valid("i"));
    ck_assert(!hostcall_type_valid("x") && !hostcall_type_valid(":ii") &&
              !hostcall_type_valid("::"));
    functype_print(&t, &b);
    ck_assert_str_eq(strbuf_text(&b), "(i32, f64) -> i64");
    strbuf_clear(&b);
    hostcall_type_print("iF:I", &b);
    ck_assert_str_eq(strbuf_text(&b), "(i32, f64) -> i64");
    strbuf_clear(&b);
}
END_TEST

START_TEST(a_sip_that_never_ran_can_be_killed)
{
    open_sip(MEMORY_COMPACT, (struct spawn_options){.name = "still born"});
    ck_assert_ptr_nonnull(sip_alloc(sip, 10000));
    spawn_kill(sip, TRAP_KILLED);
    ck_assert_uint_eq(sip->proc.npages, 0);
    ck_assert_str_eq(strbuf_text(&sip->report), "still born (SIP 1): KILLED: killed\n");
    close_sip();
}
END_TEST

/* A rule of the monitor that a proved module breaks is a mistake of ours, and the report says so.
 */
START_TEST(a_broken_rule_of_a_proved_module_is_our_bug)
{
    struct instance *inst;
    struct diag why;
    open_sip(MEMORY_COMPACT, (struct spawn_options){.name = "proved"});
    ck_assert_int_eq(load("(module)", &inst, &why), OK);
    spawn_kill(sip, _i ? TRAP_MON_DEAD : TRAP_KILLED);
    ck_assert_int_eq(strstr(strbuf_text(&sip->report), "it is a bug of Singula") != NULL, _i);
    close_sip();
}
END_TEST

int main(void)
{
    if (!wat_available()) {
        printf("engine_instance: skipped: no wat2wasm (package wabt)\n");
        return 77;
    }
    Suite *s = suite_create("engine_instance");
    TCase *t = tcase_create("all");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, imports_match_exactly, 0, ARRAY_LEN(links));
    tcase_add_loop_test(t, imports_see_the_size_of_now, 0, MEMORY_MODE_N);
    tcase_add_test(t, globals_are_shared_and_evaluated);
    tcase_add_loop_test(t, segments_run_in_order_until_one_traps, 0, MEMORY_MODE_N);
    tcase_add_test(t, bulk_operations_check_before_they_write);
    tcase_add_loop_test(t, memory_growth_keeps_bytes, 0, MEMORY_MODE_N);
    tcase_add_test(t, tables_grow);
    tcase_add_test(t, growth_in_pieces);
    if (CHECK_LEVEL >= 1) /* region_fail_after() */
        tcase_add_test(t, growth_that_fails_half_way);
    tcase_add_loop_test(t, much_memory_in_pieces, 0, MEMORY_MODE_N);
    tcase_add_loop_test(t, quota_refuses_an_instance, 0, MEMORY_MODE_N);
    tcase_add_loop_test(t, page_failures_leave_nothing, 0, MEMORY_MODE_N);
    tcase_add_test(t, control_pages_rewind_to_zero);
    tcase_add_test(t, type_texts);
    tcase_add_test(t, a_sip_that_never_ran_can_be_killed);
    tcase_add_loop_test(t, a_broken_rule_of_a_proved_module_is_our_bug, 0, 2);
    suite_add_tcase(s, t);
    return run_suite(s, "engine_instance");
}
