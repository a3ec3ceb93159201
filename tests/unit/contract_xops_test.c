/* Imports: every operation of docs/CONTRACTS.md that this version has, the Wasm type of each, and
 * what is said of names that are not one. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "contract/xops.h"
#include "tests/suite.h"

static const char text[] = "block Text { bytes: u8[]; }\n"
                           "block Leaf { n: i32; }\n"
                           "block All { a: i8; b: u16; c: u64; d: f32; e: f64; kid: Leaf!; ep: exp "
                           "Camera:Start; f: frozen Leaf; w: f64[]; }\n"
                           "block Cover { leaf: Leaf!; old: frozen Leaf; }\n"
                           "slots Leaf[4];\n"
                           "slots All[4];\n"
                           "slots frozen Leaf[9];\n"
                           "slots imp Camera:Opening[3];\n"
                           "contract Camera {\n"
                           "    in message Open(u32 width, u32 height);\n"
                           "    in message Close();\n"
                           "    in message Look(frozen Leaf l);\n"
                           "    out message Picture(i64 time, f32 gain, Text title, f64 wide);\n"
                           "    out message Refused();\n"
                           "    state Start: one { Open? -> Opening; Look? -> Start2; }\n"
                           "    state Start2: Refused! -> Start;\n"
                           "    state Opening: one { Picture! -> Ready; Refused! -> Start; }\n"
                           "    state Ready: one { Close? -> end; Open? -> Opening; }\n"
                           "}\n";

struct fixture {
    struct arena a;
    const struct contract_set *set;
};

static struct fixture setup(void)
{
    struct fixture f = {.set = NULL};
    struct diag why;
    diag_clear(&why);
    ck_assert_msg(contract_parse(&f.a, text, strlen(text), &f.set, &why) == OK, "%u:%u %s",
                  why.line, why.column, why.detail);
    return f;
}

/* "rIi>f": r externref, i I f F, result after '>'. */
static void type_text(const struct xop_type *t, char *out)
{
    static const char letters[] = {
        [0x6f] = 'r', [0x7f] = 'i', [0x7e] = 'I', [0x7d] = 'f', [0x7c] = 'F'};
    for (uint32_t i = 0; i < t->nparams; i++)
        *out++ = letters[t->params[i]];
    *out++ = '>';
    if (t->result)
        *out++ = letters[t->result];
    *out = 0;
}

static const struct row {
    const char *module, *name, *type;
} known[] = {
    {"singula/Text", "alloc", "i>r"},
    {"singula/Text", "new", "i>r"},
    {"singula/Text", "free", "r>"},
    {"singula/Text", "freeze", "r>r"},
    {"singula/Text", "share", "r>r"},
    {"singula/Text", "thaw", "r>r"},
    {"singula/Text", "bytes.get", "ri>i"},
    {"singula/Text", "bytes.set", "rii>"},
    {"singula/Text", "bytes.len", "r>i"},
    {"singula/Text", "bytes.read", "riii>"},
    {"singula/Text", "bytes.write", "riii>"},
    {"singula/Text", "bytes.load.i32", "ri>i"},
    {"singula/Text", "bytes.load.i64", "ri>I"},
    {"singula/Text", "bytes.load.f32", "ri>f"},
    {"singula/Text", "bytes.load.f64", "ri>F"},
    {"singula/Text", "bytes.load.i32_8_u", "ri>i"},
    {"singula/Text", "bytes.load.i32_8_s", "ri>i"},
    {"singula/Text", "bytes.load.i32_16_u", "ri>i"},
    {"singula/Text", "bytes.load.i32_16_s", "ri>i"},
    {"singula/Text", "bytes.store.i32", "rii>"},
    {"singula/Text", "bytes.store.i64", "riI>"},
    {"singula/Text", "bytes.store.f32", "rif>"},
    {"singula/Text", "bytes.store.f64", "riF>"},
    {"singula/Text", "bytes.store.i32_8", "rii>"},
    {"singula/Text", "bytes.store.i32_16", "rii>"},
    {"singula/Leaf", "alloc", ">r"},
    {"singula/Leaf", "new", ">r"},
    {"singula/Leaf", "free", "r>"},
    {"singula/Leaf", "freeze", "r>r"},
    {"singula/Leaf", "share", "r>r"},
    {"singula/Leaf", "thaw", "r>r"},
    {"singula/Leaf", "slot.swap", "ir>r"},
    {"singula/Leaf", "frozen.slot.swap", "ir>r"},
    {"singula/Leaf", "n.get", "r>i"},
    {"singula/Leaf", "n.set", "ri>"},
    {"singula/All", "alloc", "i>r"},
    {"singula/All", "new", "i>r"},
    {"singula/All", "free", "r>"},
    {"singula/All", "slot.swap", "ir>r"},
    {"singula/All", "a.get", "r>i"},
    {"singula/All", "a.set", "ri>"},
    {"singula/All", "b.get", "r>i"},
    {"singula/All", "b.set", "ri>"},
    {"singula/All", "c.get", "r>I"},
    {"singula/All", "c.set", "rI>"},
    {"singula/All", "d.get", "r>f"},
    {"singula/All", "d.set", "rf>"},
    {"singula/All", "e.get", "r>F"},
    {"singula/All", "e.set", "rF>"},
    {"singula/All", "kid.take", "r>r"},
    {"singula/All", "kid.put", "rr>"},
    {"singula/All", "ep.take", "r>r"},
    {"singula/All", "ep.put", "rr>"},
    {"singula/All", "f.take", "r>r"},
    {"singula/All", "f.put", "rr>"},
    {"singula/All", "w.get", "ri>F"},
    {"singula/All", "w.set", "riF>"},
    {"singula/All", "w.len", "r>i"},
    {"singula/All", "w.read", "riii>"},
    {"singula/All", "w.write", "riii>"},
    {"singula/Cover", "alloc", ">r"},
    {"singula/Cover", "new", ">r"},
    {"singula/Cover", "free", "r>"},
    {"singula/Cover", "freeze", "r>r"},
    {"singula/Cover", "share", "r>r"},
    {"singula/Cover", "thaw", "r>r"},
    {"singula/Cover", "leaf.take", "r>r"},
    {"singula/Cover", "leaf.put", "rr>"},
    {"singula/Cover", "leaf.share", "r>r"},
    {"singula/Cover", "old.take", "r>r"},
    {"singula/Cover", "old.put", "rr>"},
    {"singula/Cover", "old.share", "r>r"},
    {"singula/Camera", "channel", ">r"},
    {"singula/Camera", "exp.peer", "r>r"},
    {"singula/Camera", "imp.connect", "ii>r"},
    {"singula/Camera", "exp.listen", "ii>r"},
    {"singula/Camera", "listener.accept", "r>r"},
    {"singula/Camera", "listener.close", "r>"},
    {"singula/Camera", "imp.send.Open", "rii>"},
    {"singula/Camera", "imp.send.Close", "r>"},
    {"singula/Camera", "exp.send.Picture", "rIfFr>"},
    {"singula/Camera", "exp.send.Refused", "r>"},
    {"singula/Camera", "imp.next", "r>i"},
    {"singula/Camera", "exp.next", "r>i"},
    {"singula/Camera", "imp.poll", "r>i"},
    {"singula/Camera", "exp.poll", "r>i"},
    {"singula/Camera", "imp.wait", "rI>i"},
    {"singula/Camera", "exp.wait", "rI>i"},
    {"singula/Camera", "imp.recv.Picture", "ri>r"},
    {"singula/Camera", "imp.recv.Refused", "r>"},
    {"singula/Camera", "exp.recv.Open", "ri>"},
    {"singula/Camera", "exp.recv.Close", "r>"},
    {"singula/Camera", "imp.call.Open.Picture", "riii>r"},
    {"singula/Camera", "imp.call.Open.Refused", "rii>"},
    {"singula/Camera", "exp.call.Picture.Open", "rIfFri>"},
    {"singula/Camera", "exp.call.Picture.Close", "rIfFr>"},
    {"singula/Camera", "exp.call.Refused.Open", "ri>"},
    {"singula/Camera", "imp.close", "r>"},
    {"singula/Camera", "exp.close", "r>"},
    {"singula/Camera", "imp.abandon", "r>"},
    {"singula/Camera", "exp.abandon", "r>"},
    {"singula/Camera", "imp.send.Look", "rr>"},
    {"singula/Camera", "exp.recv.Look", "r>r"},
    {"singula/Camera", "imp.call.Look.Refused", "rr>"},
    {"singula/Camera", "exp.call.Refused.Look", "r>r"},
    {"singula/Camera", "set.exp.Start.new", ">r"},
    {"singula/Camera", "set.exp.Start.add", "rrI>"},
    {"singula/Camera", "set.exp.Start.wait", "rIi>r"},
    {"singula/Camera", "set.exp.Start.free", "r>"},
    {"singula/Camera", "set.exp.Ready.new", ">r"},
    {"singula/Camera", "set.exp.Ready.add", "rrI>"},
    {"singula/Camera", "set.exp.Ready.wait", "rIi>r"},
    {"singula/Camera", "set.exp.Ready.free", "r>"},
    {"singula/Camera", "set.imp.Opening.new", ">r"},
    {"singula/Camera", "set.imp.Opening.add", "rrI>"},
    {"singula/Camera", "set.imp.Opening.wait", "rIi>r"},
    {"singula/Camera", "set.imp.Opening.free", "r>"},
    {"singula/Camera", "set.imp.Start2.new", ">r"},
    {"singula/Camera", "set.imp.Start2.add", "rrI>"},
    {"singula/Camera", "set.imp.Start2.wait", "rIi>r"},
    {"singula/Camera", "set.imp.Start2.free", "r>"},
    {"singula/Camera", "slot.imp.Opening.swap", "ir>r"},
    {"singula/ref", "is_null", "r>i"},
};

static void resolve(const struct contract_set *set, const char *module, const char *name,
                    enum status *status, struct xop *op, struct xop_type *type, struct diag *why)
{
    diag_clear(why);
    *status = xop_resolve(set, module, strlen(module), name, strlen(name), op, type, why);
}

START_TEST(every_import_has_its_type)
{
    struct fixture f = setup();
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        struct xop op;
        struct xop_type type;
        struct diag why;
        enum status s;
        char found[XOP_PARAMS_MAX + 4];
        resolve(f.set, known[i].module, known[i].name, &s, &op, &type, &why);
        ck_assert_msg(s == OK, "%s %s: %s", known[i].module, known[i].name, why.hint);
        type_text(&type, found);
        ck_assert_msg(strcmp(found, known[i].type) == 0, "%s %s: %s, not %s", known[i].module,
                      known[i].name, found, known[i].type);
    }
    arena_clear(&f.a);
}
END_TEST

struct listed {
    size_t n;
};

/* The enumeration is the table above, in its order within each kind of declaration; names resolve
 * to the same. */
static void listed(void *ctx, const char *module, const char *name, const struct xop *op)
{
    struct listed *l = ctx;
    struct xop again;
    struct xop_type type;
    struct diag why;
    enum status s;
    bool found = false;
    l->n++;
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        found |= strcmp(known[i].module, module) == 0 && strcmp(known[i].name, name) == 0;
    ck_assert_msg(found, "%s %s is listed", module, name);
    resolve(op->set, module, name, &s, &again, &type, &why);
    ck_assert_msg(s == OK, "%s %s", module, name);
    ck_assert(again.kind == op->kind && again.block == op->block && again.field == op->field &&
              again.contract == op->contract && again.message == op->message &&
              again.reply == op->reply && again.role == op->role && again.access == op->access &&
              again.state == op->state && again.slots == op->slots);
}

START_TEST(the_enumeration_is_complete)
{
    struct fixture f = setup();
    struct listed l = {0};
    xop_enumerate(f.set, listed, &l);
    ck_assert_uint_eq(l.n, ARRAY_LEN(known));
    arena_clear(&f.a);
}
END_TEST

START_TEST(operations_say_what_they_are_about)
{
    struct fixture f = setup();
    struct xop op;
    struct xop_type type;
    struct diag why;
    enum status s;
    resolve(f.set, "singula/All", "kid.put", &s, &op, &type, &why);
    ck_assert(op.kind == XOP_PUT && op.block == 2 && op.field == 5 && op.contract == CONTRACT_NONE);
    resolve(f.set, "singula/Text", "bytes.load.i32_16_s", &s, &op, &type, &why);
    ck_assert(op.kind == XOP_LOAD && op.block == 0 && op.field == 0 && op.access == XA_I32_16_S);
    resolve(f.set, "singula/Camera", "exp.call.Picture.Close", &s, &op, &type, &why);
    ck_assert(op.kind == XOP_CALL && op.contract == 0 && op.role == ROLE_EXP && op.message == 3 &&
              op.reply == 1 && op.block == CONTRACT_NONE);
    ck_assert_ptr_eq(op.set, f.set);
    resolve(f.set, "singula/Leaf", "frozen.slot.swap", &s, &op, &type, &why);
    ck_assert(op.kind == XOP_FROZEN_SWAP && op.block == 1 && op.slots == 2 &&
              op.field == CONTRACT_NONE);
    resolve(f.set, "singula/Camera", "slot.imp.Opening.swap", &s, &op, &type, &why);
    ck_assert(op.kind == XOP_END_SWAP && op.contract == 0 && op.role == ROLE_IMP && op.state == 2 &&
              op.slots == 3 && op.block == CONTRACT_NONE);
    resolve(f.set, "singula/Camera", "set.exp.Ready.wait", &s, &op, &type, &why);
    ck_assert(op.kind == XOP_SET_WAIT && op.role == ROLE_EXP && op.state == 3 &&
              op.slots == CONTRACT_NONE);
    resolve(f.set, "singula/Cover", "old.share", &s, &op, &type, &why);
    ck_assert(op.kind == XOP_SHARE_CHILD && op.block == 3 && op.field == 1);
    resolve(f.set, "singula/Camera", "exp.peer", &s, &op, &type, &why);
    ck_assert(op.kind == XOP_PEER && op.role == ROLE_EXP);
    resolve(f.set, "singula/Camera", "exp.listen", &s, &op, &type, &why);
    ck_assert(op.kind == XOP_LISTEN && op.role == ROLE_EXP);
    resolve(f.set, "singula/Camera", "imp.connect", &s, &op, &type, &why);
    ck_assert(op.kind == XOP_CONNECT && op.role == ROLE_IMP);
    arena_clear(&f.a);
}
END_TEST

static const struct {
    const char *module, *name, *hint;
} wrong[] = {
    {"singula/Text", "bytes.gte", "`bytes.get`"},
    {"singula/Text", "byte.get", "`bytes.get`"},
    {"singula/Text", "bytes", ""},
    {"singula/Text", "", ""},
    {"singula/Text", "bytes.load.i32_8", "loads end in `_u`"},
    {"singula/Text", "bytes.store.i32_8_u", "loads end in `_u`"},
    {"singula/Text", "bytes.get.", "`bytes.get`"},
    {"singula/Text", "bytes.take", "not a reference"},
    {"singula/Text", "send.Open", ""},
    {"singula/All", "a.len", "not an array"},
    {"singula/All", "w.load.f64", "only a `u8[]`"},
    {"singula/All", "kid.get", "`take`"},
    {"singula/All", "f.share", "holds endpoints"},
    {"singula/All", "freeze", "holds endpoints"},
    {"singula/All", "share", "holds endpoints"},
    {"singula/All", "thaw", "holds endpoints"},
    {"singula/All", "frozen.slot.swap", "no `slots frozen`"},
    {"singula/Text", "slot.swap", "no `slots` of that block"},
    {"singula/Text", "frozen.slot.swap", "no `slots frozen`"},
    {"singula/Leaf", "slots.swap", "`slot.swap`"},
    {"singula/Leaf", "n.share", "not a reference"},
    {"singula/Leaf", "freezes", "`freeze`"},
    {"singula/Camera", "imp.send.open", "`imp.send.Open`"},
    {"singula/Camera", "exp.send.Open", "sent by imp"},
    {"singula/Camera", "exp.send.Open", "`imp.send.Open`"},
    {"singula/Camera", "imp.recv.Open", "sent by imp"},
    {"singula/Camera", "imp.call.Close.Picture", "no state"},
    {"singula/Camera", "imp.call.Picture.Open", "sent by exp"},
    {"singula/Camera", "imp.peer", "`exp.peer`"},
    {"singula/Camera", "exp.connect", "`imp.connect`"},
    {"singula/Camera", "set.imp.Ready.new", "nothing to wait for"},
    {"singula/Camera", "set.exp.Opening.wait", "nothing to wait for"},
    {"singula/Camera", "set.exp.Redy.wait", "`set.exp.Ready.wait`"},
    {"singula/Camera", "set.Ready.exp.wait", ""},
    {"singula/Camera", "set.exp.Start", ""},
    {"singula/Camera", "slot.imp.Ready.swap", "no `slots` of that endpoint"},
    {"singula/Camera", "slot.exp.Opening.swap", "no `slots` of that endpoint"},
    {"singula/Camera", "R.next", "`imp.next`"},
    {"singula/Camera", "imp.close.now.at.once", ""},
    {"singula/Camra", "channel", "`singula/Camera`"},
    {"singula/Zoology", "channel", "`Text`"},
    {"singula/", "channel", ""},
    {"singula", "channel", ""},
    {"singula/ref", "isnull", "`is_null`"},
    {"singula/ref", "is_null.x", ""},
    {"singula/Text\x01", "alloc", "`singula/Text`"},
};

START_TEST(wrong_names_are_refused_with_a_hint)
{
    struct fixture f = setup();
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct xop op = {.block = 77};
        struct xop_type type;
        struct diag why;
        enum status s;
        resolve(f.set, wrong[i].module, wrong[i].name, &s, &op, &type, &why);
        ck_assert_msg(s == STR_UNKNOWN_IMPORT && why.code == s, "%s %s", wrong[i].module,
                      wrong[i].name);
        ck_assert_msg(strstr(why.hint, wrong[i].hint) != NULL, "%s %s: %s", wrong[i].module,
                      wrong[i].name, why.hint);
        ck_assert_msg(why.hint[0] != 0, "%s %s has no hint", wrong[i].module, wrong[i].name);
        ck_assert_ptr_null(strchr(why.detail, '\x01'));
        ck_assert_uint_eq(op.block, 77);
    }
    arena_clear(&f.a);
}
END_TEST

START_TEST(hostile_names_cost_little)
{
    struct fixture f = setup();
    static char name[1 << 20];
    struct xop op;
    struct xop_type type;
    struct diag why;
    for (int fill = 0; fill < 3; fill++) {
        memset(name, fill == 0 ? '.' : fill == 1 ? 'a' : 0, sizeof name);
        diag_clear(&why);
        ck_assert_int_eq(
            xop_resolve(f.set, "singula/Text", 12, name, sizeof name, &op, &type, &why),
            STR_UNKNOWN_IMPORT);
    }
    memcpy(name, "singula/", 8);
    diag_clear(&why);
    ck_assert_int_eq(xop_resolve(f.set, name, sizeof name, "new", 3, &op, &type, &why),
                     STR_UNKNOWN_IMPORT);
    arena_clear(&f.a);
}
END_TEST

START_TEST(modules_of_ours_are_recognised)
{
    ck_assert(xop_is_module("singula", 7));
    ck_assert(xop_is_module("singula/", 8));
    ck_assert(xop_is_module("singula/Text", 12));
    ck_assert(!xop_is_module("singul", 6));
    ck_assert(!xop_is_module("singulary", 9));
    ck_assert(!xop_is_module("wasi_snapshot_preview1", 22));
    ck_assert(!xop_is_module("", 0));
}
END_TEST

START_TEST(a_module_without_contracts_is_told_what_is_missing)
{
    const struct contract_set none = {0};
    struct xop op;
    struct xop_type type;
    struct diag why;
    enum status s;
    resolve(&none, "singula/Text", "alloc", &s, &op, &type, &why);
    ck_assert_int_eq(s, STR_UNKNOWN_IMPORT);
    ck_assert_ptr_nonnull(strstr(why.hint, "singula.contract"));
    resolve(&none, "singula/ref", "is_null", &s, &op, &type, &why);
    ck_assert_int_eq(s, OK);
}
END_TEST

/* 48 scalars and two references are the most that a message pair can need. */
START_TEST(the_largest_call_fits)
{
    char big[4000];
    int n = snprintf(big, sizeof big, "block T { a: u8; } contract C { in message A(T t");
    for (int i = 0; i < 48; i++)
        n += snprintf(big + n, sizeof big - (size_t)n, ", u8 p%d", i);
    n += snprintf(big + n, sizeof big - (size_t)n,
                  "); out message B(u8 x, T t); state S: A? -> B! -> end; }");
    struct arena a = {0};
    const struct contract_set *set;
    struct diag why;
    diag_clear(&why);
    ck_assert_int_eq(contract_parse(&a, big, (size_t)n, &set, &why), OK);
    struct xop op;
    struct xop_type type;
    enum status s;
    resolve(set, "singula/C", "imp.call.A.B", &s, &op, &type, &why);
    ck_assert_int_eq(s, OK);
    ck_assert_uint_eq(type.nparams, 1 + 48 + 1 + 1);
    arena_clear(&a);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("contract_xops");
    TCase *t = tcase_create("imports");
    tcase_add_test(t, every_import_has_its_type);
    tcase_add_test(t, the_enumeration_is_complete);
    tcase_add_test(t, operations_say_what_they_are_about);
    tcase_add_test(t, wrong_names_are_refused_with_a_hint);
    tcase_add_test(t, hostile_names_cost_little);
    tcase_add_test(t, modules_of_ours_are_recognised);
    tcase_add_test(t, a_module_without_contracts_is_told_what_is_missing);
    tcase_add_test(t, the_largest_call_fits);
    suite_add_tcase(s, t);
    return run_suite(s, "contract_xops");
}
