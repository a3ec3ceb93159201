/* Interning: equal declarations of different modules are one type, and outlive the modules. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "channels/types.h"
#include "tests/suite.h"

struct module {
    struct arena a;
    const struct contract_set *set;
};

static struct module load(const char *text)
{
    struct module m = {.set = NULL};
    struct diag why;
    diag_clear(&why);
    ck_assert_msg(contract_parse(&m.a, text, strlen(text), &m.set, &why) == OK, "%u:%u %s %s",
                  why.line, why.column, status_name(why.code), why.detail);
    return m;
}

static const struct xtype *block(struct types *t, const struct module *m, const char *name)
{
    const struct xtype *x = NULL;
    ck_assert_int_eq(types_block(t, m->set, contract_find_block(m->set, name, strlen(name)), &x),
                     OK);
    return x;
}

static const struct xcontract *contract(struct types *t, const struct module *m, const char *name)
{
    const struct xcontract *x = NULL;
    ck_assert_int_eq(
        types_contract(t, m->set, contract_find_contract(m->set, name, strlen(name)), &x), OK);
    return x;
}

#define ECHO                                                                                       \
    "block Text { n: u32; bytes: u8[]; }"                                                          \
    "block Letter { from: Text!; back: imp Echo:Ready; next: Letter; }"                            \
    "contract Echo { in message Say(u16 a, Letter l, u64 b); out message Said(); "                 \
    "state Ready: one { Say? -> Said! -> Ready; end; } }"

START_TEST(equal_declarations_are_one_type)
{
    struct types *t;
    ck_assert_int_eq(types_create(&t), OK);
    struct module a = load("// one\n" ECHO),
                  b = load("block Other { a: u8; } slots Other[3]; " ECHO " // two");
    ck_assert_ptr_eq(block(t, &a, "Text"), block(t, &b, "Text"));
    ck_assert_ptr_eq(contract(t, &b, "Echo"), contract(t, &a, "Echo"));
    ck_assert_ptr_eq(block(t, &a, "Letter"), block(t, &b, "Letter"));
    ck_assert_ptr_ne(block(t, &b, "Other"), block(t, &b, "Text"));
    arena_clear(&a.a);
    arena_clear(&b.a);
    types_destroy(t);
}
END_TEST

START_TEST(what_is_mentioned_matters)
{
    struct types *t;
    ck_assert_int_eq(types_create(&t), OK);
    struct module a = load("block A { b: B; } block B { x: u8; } block C { a: u8; }");
    struct module b = load("block A { b: B; } block B { x: i8; } block C { a: u8; }");
    ck_assert_ptr_ne(block(t, &a, "A"), block(t, &b, "A"));
    ck_assert_ptr_ne(block(t, &a, "B"), block(t, &b, "B"));
    ck_assert_ptr_eq(block(t, &a, "C"), block(t, &b, "C"));
    ck_assert_ptr_eq(block(t, &b, "A")->fields[0].block, block(t, &b, "B"));
    arena_clear(&a.a);
    arena_clear(&b.a);
    types_destroy(t);
}
END_TEST

START_TEST(types_outlive_their_modules)
{
    struct types *t;
    ck_assert_int_eq(types_create(&t), OK);
    struct module m = load(ECHO);
    const struct xcontract *echo = contract(t, &m, "Echo");
    memset(m.set->blocks, 0xee, m.set->nblocks * sizeof *m.set->blocks);
    memset(m.set->contracts[0].messages, 0xee, 2 * sizeof(struct message));
    memset(m.set->contracts[0].states, 0xee, 2 * sizeof(struct state));
    arena_clear(&m.a);

    const struct xtype *letter = echo->messages[0].block, *text = letter->fields[0].block;
    ck_assert_str_eq(echo->decl->name, "Echo");
    ck_assert_str_eq(echo->decl->messages[0].name, "Say");
    ck_assert_uint_eq(echo->decl->messages[0].scalars_size, 16);
    ck_assert_uint_eq(echo->decl->messages[0].params[1].offset, 8);
    ck_assert_str_eq(echo->decl->states[1].name, "Ready.Say");
    ck_assert_uint_eq(echo->decl->states[1].transitions[0].next, 0);
    ck_assert_uint_eq(echo->decl->bound[DIR_IN], 1);
    ck_assert_uint_eq(echo->messages[0].kind, REF_BLOCK);
    ck_assert_uint_eq(echo->messages[1].kind, REF_NONE);
    ck_assert_str_eq(letter->decl->name, "Letter");
    ck_assert_str_eq(letter->decl->fields[2].name, "next");
    ck_assert_uint_eq(letter->fields[1].kind, REF_IMP);
    ck_assert_ptr_eq(letter->fields[1].contract, echo);
    ck_assert_uint_eq(letter->fields[1].state, 0);
    ck_assert_ptr_eq(letter->fields[2].block, letter);
    ck_assert_uint_eq(letter->elem_size, 0);
    ck_assert_uint_eq(letter->size, 24);
    ck_assert_uint_eq(text->elem_size, 1);
    ck_assert_uint_eq(text->size, 8);
    ck_assert_uint_eq(text->fields[1].kind, REF_NONE);
    ck_assert_int_eq(strncmp(text->canonical, "block Text {\n", 13), 0);
    ck_assert(text->id != letter->id);
    types_destroy(t);
}
END_TEST

/* One on a cycle is known before another one is asked for. */
START_TEST(declarations_that_mention_each_other_enter_together)
{
    struct types *t;
    ck_assert_int_eq(types_create(&t), OK);
    struct module a = load("block A { b: B; } block B { a: A; } block C { a: A; }");
    const struct xtype *x = block(t, &a, "A");
    ck_assert_ptr_eq(x->fields[0].block, block(t, &a, "B"));
    ck_assert_ptr_eq(x->fields[0].block->fields[0].block, x);
    ck_assert_ptr_eq(block(t, &a, "C")->fields[0].block, x);
    ck_assert_uint_lt(x->id, 3);
    arena_clear(&a.a);
    types_destroy(t);
}
END_TEST

START_TEST(many_types_keep_their_places)
{
    struct types *t;
    ck_assert_int_eq(types_create(&t), OK);
    const struct xtype *first[300];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 300; i++) {
            char text[80];
            snprintf(text, sizeof text, "block B%d { a: u8; }", i);
            struct module m = load(text);
            const struct xtype *x = NULL;
            ck_assert_int_eq(types_block(t, m.set, 0, &x), OK);
            if (round == 0)
                first[i] = x;
            ck_assert_ptr_eq(x, first[i]);
            ck_assert_uint_eq(x->id, (unsigned)i);
            arena_clear(&m.a);
        }
    }
    types_destroy(t);
    types_destroy(NULL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("types");
    TCase *t = tcase_create("interning");
    tcase_add_test(t, equal_declarations_are_one_type);
    tcase_add_test(t, what_is_mentioned_matters);
    tcase_add_test(t, types_outlive_their_modules);
    tcase_add_test(t, declarations_that_mention_each_other_enter_together);
    tcase_add_test(t, many_types_keep_their_places);
    suite_add_tcase(s, t);
    return run_suite(s, "types");
}
