/* Hostile texts: cut anywhere, changed anywhere, huge, nested, out of memory. Whatever comes in,
 * the parser answers; what it accepts can be printed, parsed again and bound. Run it with the
 * sanitizers. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/bindgen.h"
#include "contract/limits.h"
#include "contract/xops.h"
#include "tests/suite.h"

/* Every construct of the language. */
static const char full[] =
    "// about\n"
    "\n"
    "// text\n"
    "block Text { bytes: u8[]; } /* behind\n * it */\n"
    "block Tree { key: i64; left: Tree; right: frozen Leaf!; } // tree\n"
    "block Leaf { a: i8; b: u16; c: f32; d: f64[]; }\n"
    "block Ticket { who: u32; reply: exp Camera:Opening!; }\n"
    "slots Tree[1024];\n"
    "slots frozen Leaf[2]; slots imp Camera:Ready [8];\n"
    "contract Camera capacity 4 {\n"
    "    in  message Open(u32 width, u32 height);\n"
    "    in  message Close();\n"
    "    out message Picture(i64 time, Text text);\n"
    "    out message Refused(i32 why, frozen Leaf leaf);\n"
    "    state Start:   Open? -> Opening;\n"
    "    state Opening: one { Picture! -> Ready; Refused! -> Start; }\n"
    "    state Ready:   one { Close? -> end; Open? -> Picture! -> Ready; end; }\n"
    "    // tail\n"
    "}\n"
    "block Text { bytes: u8[]; }\n"
    "// end\n";

static void count_import(void *ctx, const char *module, const char *name, const struct xop *op)
{
    struct xop again;
    struct xop_type type;
    ck_assert_int_eq(
        xop_resolve(op->set, module, strlen(module), name, strlen(name), &again, &type, NULL), OK);
    ++*(unsigned *)ctx;
}

/* An accepted set keeps the promises of contract.h. */
static void use(const struct contract_set *set)
{
    struct strbuf a = {0}, b = {0}, header = {0};
    struct arena arena = {0};
    const struct contract_set *again = NULL;
    struct diag why;
    unsigned imports = 0;
    diag_clear(&why);
    contract_format(set, &a);
    ck_assert_msg(contract_parse(&arena, strbuf_text(&a), a.len, &again, &why) == OK,
                  "%u:%u %s\n%s", why.line, why.column, why.detail, strbuf_text(&a));
    contract_format(again, &b);
    ck_assert_str_eq(strbuf_text(&a), strbuf_text(&b));
    xop_enumerate(set, count_import, &imports);
    ck_assert_uint_ge(imports, 1);
    bindgen_header(set, "x.h", &header);
    ck_assert(!header.failed && header.len > 0);
    strbuf_clear(&a);
    strbuf_clear(&b);
    strbuf_clear(&header);
    arena_clear(&arena);
}

/* Parses; checks that verdict and record agree, and uses what is accepted. */
static enum status try(const char *text, size_t n, bool and_use)
{
    struct arena a = {0};
    const struct contract_set *set = NULL;
    struct diag why;
    diag_clear(&why);
    enum status s = contract_parse(&a, text, n, &set, &why);
    ck_assert_int_eq(s, why.code);
    ck_assert((s == OK) == (set != NULL));
    if (s != OK && n <= CONTRACT_TEXT_MAX)
        ck_assert_msg(why.line >= 1 && why.column >= 1, "%s without a place", status_name(s));
    if (set && and_use)
        use(set);
    arena_clear(&a);
    return s;
}

/* A copy that ends where the text ends, so that the sanitizer sees a byte too many. */
static enum status try_exact(const char *text, size_t n, bool and_use)
{
    char *copy = malloc(n ? n : 1);
    memcpy(copy, text, n);
    enum status s = try(copy, n, and_use);
    free(copy);
    return s;
}

START_TEST(cut_anywhere)
{
    ck_assert_int_eq(try_exact(full, sizeof full - 1, true), OK);
    for (size_t n = 0; n < sizeof full; n++)
        try_exact(full, n, true);
}
END_TEST

/* Every bit of every byte, and every byte to one that means something. */
START_TEST(changed_anywhere)
{
    static const char meaningful[] = "\0\n\r\t {}()[];:,!?->/*aZ9_\x7f\x80\xff";
    char text[sizeof full];
    unsigned accepted = 0;
    memcpy(text, full, sizeof full);
    for (size_t i = 0; i + 1 < sizeof full; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            text[i] = (char)(full[i] ^ 1 << bit);
            accepted += try(text, sizeof full - 1, true) == OK;
        }
        for (size_t k = 0; k + 1 < sizeof meaningful; k++) {
            text[i] = meaningful[k];
            accepted += try(text, sizeof full - 1, false) == OK;
        }
        text[i] = full[i];
    }
    ck_assert_uint_gt(accepted, 1000);
}
END_TEST

/* Words left out, doubled and exchanged with the next get further than bytes do. */
START_TEST(words_moved)
{
    const char *word[400];
    size_t len[400], n = 0;
    for (const char *s = full; *s; s += len[n++]) {
        ck_assert_uint_lt(n, ARRAY_LEN(word));
        word[n] = s;
        len[n] = strcspn(s, " \n");
        len[n] += s[len[n]] != 0;
    }
    for (size_t at = 0; at + 1 < n; at++) {
        for (int what = 0; what < 3; what++) {
            struct strbuf b = {0};
            for (size_t i = 0; i < n; i++) {
                size_t k = what == 2 && (i == at || i == at + 1) ? 2 * at + 1 - i : i;
                for (int times = i != at || what == 2 ? 1 : 2 * what; times; times--)
                    strbuf_put(&b, word[k], len[k]);
            }
            try_exact(b.s, b.len, true);
            strbuf_clear(&b);
        }
    }
}
END_TEST

/* ---- size ---- */

static void repeat(struct strbuf *b, const char *s, unsigned times)
{
    for (unsigned i = 0; i < times; i++)
        strbuf_puts(b, s);
}

START_TEST(huge_texts_are_refused_or_cheap)
{
    static const char *const pieces[] = {
        "{",
        "(",
        "[",
        "/*",
        "//",
        "\n",
        " ",
        "block A { } ",
        "block A { a: A; } ",
        "slots A[1]; ",
        "->",
        "A? -> ",
        "9",
        "a",
        "!",
        "/* x */",
        "// x\n",
        "contract C { state S: end; } ",
        "\xc3\xa9",
    };
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        struct strbuf b = {0};
        repeat(&b, pieces[i], (unsigned)(CONTRACT_TEXT_MAX / strlen(pieces[i])));
        struct arena a = {0};
        const struct contract_set *set = NULL;
        struct diag why;
        diag_clear(&why);
        (void)!contract_parse(&a, b.s, b.len, &set, &why);
        ck_assert_uint_lt(a.used, 40 * (size_t)CONTRACT_TEXT_MAX);
        arena_clear(&a);
        strbuf_puts(&b, "                 ");
        strbuf_puts(&b, "                 ");
        ck_assert_int_eq(try(b.s, b.len > CONTRACT_TEXT_MAX ? b.len : b.len, false) == OK,
                         b.len <= CONTRACT_TEXT_MAX && set != NULL);
        strbuf_clear(&b);
    }
}
END_TEST

START_TEST(too_much_of_everything_is_refused)
{
    struct strbuf b = {0};
    for (int i = 0; i <= CONTRACT_DECLS_MAX; i++)
        strbuf_printf(&b, "block B%d { }\n", i);
    ck_assert_int_eq(try(b.s, b.len, false), LIM_CONTRACT);
    strbuf_clear(&b);

    strbuf_puts(&b, "block B { }\n");
    for (int i = 0; i <= CONTRACT_SLOT_DECLS_MAX; i++)
        strbuf_puts(&b, "slots B[1];\n");
    ck_assert_int_eq(try(b.s, b.len, false), LIM_CONTRACT);
    strbuf_clear(&b);

    strbuf_puts(&b, "contract C { in message A();\nstate S: one {\n");
    for (int i = 0; i <= CONTRACT_TRANSITIONS_MAX; i++)
        strbuf_puts(&b, "A? -> S;\n");
    strbuf_puts(&b, "} }\n");
    ck_assert_int_eq(try(b.s, b.len, false), LIM_CONTRACT);
    strbuf_clear(&b);

    strbuf_puts(&b, "contract C { in message A(); state S: ");
    repeat(&b, "A? -> ", CONTRACT_STATES_MAX + 1);
    strbuf_puts(&b, "end; }\n");
    ck_assert_int_eq(try(b.s, b.len, false), LIM_CONTRACT);
    strbuf_clear(&b);

    /* blocks that mention each other: each is small, all together are too large */
    for (int i = 0; i < 400; i++)
        strbuf_printf(&b, "block B%d { a: u64; b: u64; c: u64; d: u64; e: u64; next: B%d; }\n", i,
                      (i + 1) % 400);
    ck_assert_int_eq(try(b.s, b.len, false), LIM_CONTRACT);
    strbuf_clear(&b);

    char *large = calloc(1, CONTRACT_TEXT_MAX + 1);
    memset(large, ' ', CONTRACT_TEXT_MAX + 1);
    ck_assert_int_eq(try(large, CONTRACT_TEXT_MAX + 1, false), LIM_CONTRACT);
    ck_assert_int_eq(try(large, CONTRACT_TEXT_MAX, false), OK);
    free(large);
}
END_TEST

START_TEST(the_largest_sets_are_accepted)
{
    struct strbuf b = {0};
    for (int i = 0; i < CONTRACT_DECLS_MAX; i++)
        strbuf_printf(&b, "block B%d { a: u8; }\n", i);
    ck_assert_int_eq(try(b.s, b.len, true), OK);
    strbuf_clear(&b);

    strbuf_puts(&b, "contract C {\n");
    for (int i = 0; i < CONTRACT_MESSAGES_MAX; i++)
        strbuf_printf(&b, "%s message M%d();\n", i % 2 ? "out" : "in", i);
    for (int s = 0; s < CONTRACT_STATES_MAX; s++) {
        strbuf_printf(&b, "state S%d: one { end; ", s);
        for (int i = s % 4; i < CONTRACT_MESSAGES_MAX; i += 4)
            strbuf_printf(&b, "M%d%s -> S%d; ", i, i % 2 ? "!" : "?",
                          (s + 1) % CONTRACT_STATES_MAX);
        strbuf_puts(&b, "}\n");
    }
    strbuf_puts(&b, "}\n");
    ck_assert_int_eq(try(b.s, b.len, true), OK);
    strbuf_clear(&b);
}
END_TEST

/* ---- memory ---- */

START_TEST(running_out_of_memory_is_a_refusal)
{
    unsigned refused = 0;
    for (size_t limit = 16;; limit += 16) {
        struct arena a = {.limit = limit};
        const struct contract_set *set = NULL;
        struct diag why;
        diag_clear(&why);
        enum status s = contract_parse(&a, full, sizeof full - 1, &set, &why);
        ck_assert((s == OK) == (set != NULL));
        if (s != OK)
            ck_assert_int_eq(s, E_NOMEM);
        arena_clear(&a);
        if (s == OK)
            break;
        refused++;
    }
    ck_assert_uint_gt(refused, 100);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("contract_robust");
    TCase *t = tcase_create("hostile");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, cut_anywhere);
    tcase_add_test(t, changed_anywhere);
    tcase_add_test(t, words_moved);
    tcase_add_test(t, huge_texts_are_refused_or_cheap);
    tcase_add_test(t, too_much_of_everything_is_refused);
    tcase_add_test(t, the_largest_sets_are_accepted);
    tcase_add_test(t, running_out_of_memory_is_a_refusal);
    suite_add_tcase(s, t);
    return run_suite(s, "contract_robust");
}
