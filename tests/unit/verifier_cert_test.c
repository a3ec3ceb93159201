/* The serialisation of abstract states: no field is forgotten, what is written can be read. */
#include <check.h>
#include <stdlib.h>

#include "tests/suite.h"
#include "tests/unit/module_bytes.h"
#include "verifier/cert_check.h"
#include "verifier/verify.h"

/* ---- a state in which every field of every part says something ---- */

enum { NLOCALS = 6, NSTACK = 2, CAP = 10, NRES = 3, ENTRIES = 4 };

static struct contract contracts[2] = {{.name = "P", .nmessages = 3, .nstates = 4},
                                       {.name = "Q", .nmessages = 3, .nstates = 4}};
static struct block_type blocks[2] = {{.name = "A", .nchildren = 9}, {.name = "B"}};
static const struct contract_set set = {
    .blocks = blocks, .nblocks = 2, .contracts = contracts, .ncontracts = 2};
static const uint8_t is_ref[NLOCALS] = {1, 1, 0, 0, 0, 1};

union table_room {
    struct own_table t;
    char bytes[sizeof(struct own_table) + ENTRIES * sizeof(int64_t)];
};
struct sample {
    struct own_state s;
    struct own_value v[CAP];
    struct own_res res[NRES];
    union table_room room;
};

static void make_sample(struct sample *x)
{
    *x = (struct sample){0};
    x->s = (struct own_state){.nlocals = NLOCALS,
                              .nstack = NSTACK,
                              .cap = CAP,
                              .nres = NRES,
                              .lost = 0,
                              .gone = 2,
                              .v = x->v,
                              .res = x->res,
                              .res_cap = NRES};
    x->res[0] = (struct own_res){.kind = RES_BLOCK, .maybe = 1, .param = 1, .filled = 5};
    x->res[1] = (struct own_res){
        .kind = RES_ENDPOINT, .role = 1, .param = 4, .type = 1, .states = 3, .pend = 3};
    x->res[2] = (struct own_res){.kind = RES_BLOCK, .type = 1};
    x->room.t = (struct own_table){
        .nvars = 2, .var = {{VAR_NULL, 0, 3}, {VAR_TAG, 1, 3}}, .nentries = ENTRIES};
    for (int i = 0; i < ENTRIES; i++)
        x->room.t.entry[i] = i + ENTRY_ANY;
    x->v[0] = (struct own_value){.kind = OV_REF};
    x->v[1] = (struct own_value){OV_REF, 1, NULL};
    x->v[2] = (struct own_value){OV_CONST, 7, NULL};
    x->v[3] = (struct own_value){OV_TABLE, 0, &x->room.t};
    x->v[5] = (struct own_value){.kind = OV_NULL};
    x->v[6] = (struct own_value){OV_REF, 2, NULL};
    x->v[7] = (struct own_value){.kind = OV_FOREIGN};
}

/* False: memory was exhausted, or the bytes are the same. */
static bool differs_from_sample(const struct own_state *s)
{
    struct sample y;
    make_sample(&y);
    struct strbuf room = {0};
    bool same = own_same(s, &y.s, &room);
    strbuf_clear(&room);
    return !same;
}

START_TEST(test_same)
{
    struct sample x;
    make_sample(&x);
    ck_assert(!differs_from_sample(&x.s));
    x.res[0].event = 77; /* where it came from: the only thing that does not matter */
    x.v[4].x = 3;        /* OV_TOP */
    ck_assert(!differs_from_sample(&x.s));
}
END_TEST

/* Each byte of each resource but its event. */
START_TEST(test_resource_fields)
{
    size_t event = offsetof(struct own_res, event);
    for (uint32_t r = 0; r < NRES; r++)
        for (size_t i = 0; i < sizeof(struct own_res); i++) {
            struct sample x;
            make_sample(&x);
            ((uint8_t *)&x.res[r])[i] ^= 1;
            bool matters = i < event || i >= event + sizeof x.res[r].event;
            ck_assert_msg(differs_from_sample(&x.s) == matters, "byte %zu of resource %u", i, r);
        }
}
END_TEST

START_TEST(test_state_fields)
{
    struct sample x;
#define CHANGED(what)                                                                              \
    make_sample(&x);                                                                               \
    what;                                                                                          \
    ck_assert_msg(differs_from_sample(&x.s), "%s", #what)
    CHANGED(x.s.lost = 1);
    CHANGED(x.s.gone = 3);
    CHANGED(x.s.gone |= CASE_BIT(63));
    CHANGED(x.s.nres--);
    CHANGED(x.s.nstack--);
    CHANGED((x.s.nlocals--, x.s.nstack++));
    for (uint32_t i = 0; i < NLOCALS + NSTACK; i++) {
        CHANGED(x.v[i].kind = x.v[i].kind == OV_BAD ? OV_NULL : OV_BAD);
    }
    CHANGED(x.v[0].x = 1);
    CHANGED(x.v[2].x = 8);
    CHANGED(x.v[6].x = 0);
    CHANGED((x.v[4] = x.v[2], x.v[2].kind = OV_TOP));
    CHANGED(x.room.t.nvars = 1);
    for (int k = 0; k < 2; k++) {
        CHANGED(x.room.t.var[k].kind ^= 1);
        CHANGED(x.room.t.var[k].res ^= 1);
        CHANGED(x.room.t.var[k].mask ^= CASE_BIT(40));
    }
    for (int k = 0; k < ENTRIES; k++) {
        CHANGED(x.room.t.entry[k] += 1);
        CHANGED(x.room.t.entry[k] += INT64_C(1) << 31);
    }
}
END_TEST

/* ---- reading ---- */

static struct own_state *read_back(struct arena *a, const struct strbuf *b)
{
    struct span in = span_make(b->s, b->len);
    struct own_shape shape = {&set, NLOCALS, NSTACK, CAP, is_ref};
    struct own_state *s = own_deserialise(a, &in, &shape);
    return s && span_left(&in) == 0 ? s : NULL;
}

START_TEST(test_round_trip)
{
    struct sample x;
    struct strbuf b = {0};
    struct arena a = {0};
    make_sample(&x);
    own_serialise(&x.s, &b);
    struct own_state *s = read_back(&a, &b);
    ck_assert_ptr_nonnull(s);
    ck_assert(!differs_from_sample(s));
    strbuf_clear(&b);
    arena_clear(&a);
}
END_TEST

/* Whatever the bytes are: what is read refers to existing things, and says what the bytes say. */
START_TEST(test_any_bytes)
{
    struct sample x;
    struct strbuf b = {0};
    uint32_t read = 0;
    make_sample(&x);
    own_serialise(&x.s, &b);
    for (size_t at = 0; at < b.len; at++)
        for (int bit = 0; bit < 8; bit++) {
            struct arena a = {0};
            b.s[at] = (char)(b.s[at] ^ 1 << bit);
            struct own_state *s = read_back(&a, &b);
            for (uint32_t r = 0; s && r < s->nres; r++) {
                bool block = s->res[r].kind == RES_BLOCK || s->res[r].kind == RES_FROZEN;
                ck_assert_uint_lt(s->res[r].type, block ? set.nblocks : set.ncontracts);
                ck_assert_uint_lt(s->res[r].role, 2);
            }
            for (uint32_t i = 0; s && i < NLOCALS + NSTACK; i++)
                ck_assert(s->v[i].kind != OV_REF || s->v[i].x < s->nres);
            read += s != NULL;
            arena_clear(&a);
            b.s[at] = (char)(b.s[at] ^ 1 << bit);
        }
    ck_assert_uint_gt(read, 20); /* some changes make another well-formed state */
    ck_assert_uint_lt(read, 8 * b.len);
    for (; b.len > 0; b.len--) {
        struct arena a = {0};
        b.len--;
        ck_assert_ptr_null(read_back(&a, &b));
        b.len++;
        arena_clear(&a);
    }
    strbuf_clear(&b);
}
END_TEST

/* What no execution can lead to is not a state, however well its bytes read. */
START_TEST(test_impossible)
{
    struct sample x;
#define IMPOSSIBLE(what)                                                                           \
    do {                                                                                           \
        struct strbuf b = {0};                                                                     \
        struct arena a = {0};                                                                      \
        make_sample(&x);                                                                           \
        what;                                                                                      \
        own_serialise(&x.s, &b);                                                                   \
        ck_assert_msg(!read_back(&a, &b), "%s", #what);                                            \
        strbuf_clear(&b);                                                                          \
        arena_clear(&a);                                                                           \
    } while (0)
    IMPOSSIBLE(x.res[1].param = 1);      /* one parameter, two objects */
    IMPOSSIBLE(x.s.gone |= CASE_BIT(0)); /* a parameter that is there, and given away */
    IMPOSSIBLE(x.v[0] = x.v[2]);         /* a number where a reference is declared */
    IMPOSSIBLE(x.v[2].kind = OV_NULL);
    IMPOSSIBLE(x.room.t.var[1].res = 0); /* the tag of a block */
    IMPOSSIBLE(x.room.t.var[1] = x.room.t.var[0]);
    IMPOSSIBLE(x.res[0].type = set.nblocks);
    IMPOSSIBLE(x.res[0].states = 1);
    IMPOSSIBLE(x.res[1].type = set.ncontracts);
    IMPOSSIBLE(x.res[1].states = 0);
    IMPOSSIBLE(x.res[1].pend = CASE_BIT(3)); /* no such message */
}
END_TEST

/* ---- inclusion ---- */

static bool included(const struct sample *x, const struct sample *y)
{
    uint64_t work = 0;
    return cert_included(&x->s, &y->s, &work);
}

/* A state is included in itself, and in what says less; not in what says more. */
START_TEST(test_included)
{
    struct sample x, y;
#define LESS(what)                                                                                 \
    make_sample(&x);                                                                               \
    make_sample(&y);                                                                               \
    what;                                                                                          \
    ck_assert_msg(included(&x, &y) && !included(&y, &x), "%s", #what)
    make_sample(&x);
    ck_assert(included(&x, &x));
    LESS(y.res[0].filled = 1);
    LESS(y.res[1].states = 7);
    LESS(y.res[1].states |= CASE_BIT(63));
    LESS(y.res[2].maybe = 1);
    LESS(y.v[2].kind = OV_TOP);
    LESS(y.v[3].kind = OV_TOP);
    LESS(y.v[5].kind = OV_FOREIGN);
    LESS(y.v[5].kind = OV_BAD);
    LESS(y.v[7].kind = OV_DEAD);
    LESS(y.room.t.entry[3] = ENTRY_ANY);
    LESS((x.room.t.entry[3] = 9, y.room.t.entry[3] = ENTRY_NONZERO));
    LESS(y.s.lost = 1);
    LESS((x.room.t.var[1].mask = y.room.t.var[1].mask = CASE_BIT(0) | CASE_BIT(CASE_NONE),
          x.res[1].pend = CASE_BIT(0), y.res[1].pend = CASE_BIT(0) | CASE_BIT(CASE_NONE)));
}
END_TEST

START_TEST(test_not_included)
{
    struct sample x, y;
#define NEITHER(what)                                                                              \
    make_sample(&x);                                                                               \
    make_sample(&y);                                                                               \
    what;                                                                                          \
    ck_assert_msg(!included(&x, &y) && !included(&y, &x), "%s", #what)
    NEITHER(y.v[2].x = 8);
    NEITHER(y.room.t.entry[3] = 9);
    NEITHER(y.res[0].kind = RES_FROZEN);
    NEITHER(y.res[1].role = 0);
    NEITHER(y.res[1].type = 0);
    NEITHER((x.res[1].states = 1, y.res[1].states = 2));
    NEITHER(y.v[1].x = 0);       /* another alias */
    NEITHER(y.s.nstack--);       /* another height */
    NEITHER(y.res[0].param = 9); /* another parameter */
    NEITHER(y.res[2].param = 9); /* somebody else's */
    /* a peer that was seen to close, and one of which nothing was seen */
    NEITHER((x.res[1].pend = x.room.t.var[1].mask = CASE_BIT(CASE_CLOSED), y.res[1].pend = 0,
             y.res[1].states = CASE_BIT(63), y.v[3].kind = OV_TOP));
    NEITHER((y.v[6].kind = OV_DEAD, y.s.nres = 2)); /* an owner is missing */
    NEITHER((y.v[6].kind = OV_DEAD));               /* or has no name */
}
END_TEST

/* ---- a certificate that lies ---- */

/* Two blocks that may be null; a helper tests the second, then the first is read. */
static void make_module(struct bytes *b)
{
    static const char types[] = "\4\x60\0\1\x6f\x60\1\x6f\0\x60\1\x6f\1\x7f\x60\0\0";
    static const char imports[] = "\3\11singula/A\5alloc\0\0\11singula/A\4free\0\1"
                                  "\11singula/A\5x.get\0\2";
    static const char code[] = "\2\5\0\x20\0\xd1\x0b"
                               "\x21\1\2\x6f\x10\0\x21\0\x10\0\x21\1\x20\1\x10\3"
                               "\4\x40\5\x20\0\x10\2\x1a\x0b\x20\0\x10\1\x20\1\x10\1\x0b";
    static const struct {
        uint8_t id;
        const char *bytes;
        size_t n;
    } sections[] = {{0, "\x10singula.contractblock A { x: u8; }", 17 + 18},
                    {1, types, sizeof types - 1},
                    {2, imports, sizeof imports - 1},
                    {3, "\2\2\3", 3},
                    {7, "\1\1m\0\4", 5},
                    {10, code, sizeof code - 1}};
    put_header(b);
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        size_t at = open_section(b, sections[i].id);
        put(b, sections[i].bytes, sections[i].n);
        close_length(b, at);
    }
}

static void put_claim(struct strbuf *out, uint32_t func, const struct own_state *entry,
                      const struct own_state *result, struct cert_points *points, struct arena *a)
{
    struct own_ctx room = {.arena = a};
    struct cert_context c = {.func = func};
    struct strbuf ends[2] = {{0}, {0}};
    own_serialise(entry, &ends[0]);
    own_serialise(result, &ends[1]);
    c.entry = (struct cert_bytes){(const uint8_t *)ends[0].s, (uint32_t)ends[0].len};
    c.result = (struct cert_bytes){(const uint8_t *)ends[1].s, (uint32_t)ends[1].len};
    ck_assert(cert_points_take(points, &room, &c.points));
    cert_points_clear(points);
    cert_put_context(out, &c);
    strbuf_clear(&ends[0]);
    strbuf_clear(&ends[1]);
    strbuf_clear(&room.room);
}

/* The certificate says of the helper's result that it is the test of `table`'s resource, which is
 * the helper's: for the caller, the other block. */
static enum status verify_lie(struct own_value helper_result)
{
    enum { IF_AT = 12 };
    struct bytes b = {0};
    struct strbuf c = {0};
    struct arena a = {0};
    struct cert_points none = {0}, points = {0};
    struct verified_module *m;
    struct diag why;
    make_module(&b);
    enum status s = verify(b.p, b.n, &(struct verify_options){.unproved = true}, &m, &why);
    ck_assert_msg(s == OK, "%s %s", status_name(s), why.detail);
    cert_put_header(&c, verified_view(m));
    verified_destroy(m);
    struct own_res res[2] = {{.kind = RES_BLOCK, .maybe = 1, .param = 1},
                             {.kind = RES_BLOCK, .maybe = 1}};
    struct own_value refs[2] = {{.kind = OV_REF}, {OV_REF, 1, NULL}};
    struct own_state entry = {.nstack = 1, .nres = 1, .v = refs, .res = res};
    struct own_state result = {.nstack = 1, .nres = 1, .v = &helper_result, .res = res};
    struct own_state nothing = {0};
    cert_put_number(&c, 2);
    put_claim(&c, 3, &entry, &result, &none, &a);
    res[0].param = PARAM_NONE;
    struct own_state met = {.nlocals = 2, .nres = 2, .v = refs, .res = res};
    cert_points_add(&points, IF_AT, &met);
    put_claim(&c, 4, &nothing, &nothing, &points, &a);
    ck_assert(!c.failed);
    struct verify_options o = {.certificate = (const uint8_t *)c.s, .ncertificate = c.len};
    s = verify(b.p, b.n, &o, &m, &why);
    verified_destroy(m);
    strbuf_clear(&c);
    arena_clear(&a);
    free(b.p);
    return s;
}

START_TEST(test_result_of_another_name)
{
    union table_room room = {{.nvars = 1, .var = {{VAR_NULL, 0, 3}}, .nentries = 2}};
    room.t.entry[0] = 0;
    room.t.entry[1] = 1;
    ck_assert_int_eq(verify_lie((struct own_value){OV_TABLE, 0, &room.t}), OWN_CERTIFICATE);
    ck_assert_int_eq(verify_lie((struct own_value){.kind = OV_TOP}), OWN_CERTIFICATE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("verifier_cert");
    TCase *t = tcase_create("states");
    tcase_add_test(t, test_same);
    tcase_add_test(t, test_resource_fields);
    tcase_add_test(t, test_state_fields);
    tcase_add_test(t, test_round_trip);
    tcase_add_test(t, test_any_bytes);
    tcase_add_test(t, test_impossible);
    tcase_add_test(t, test_included);
    tcase_add_test(t, test_not_included);
    tcase_add_test(t, test_result_of_another_name);
    suite_add_tcase(s, t);
    return run_suite(s, "verifier_cert");
}
