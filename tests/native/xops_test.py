#!/usr/bin/env python3
"""Operations on blocks and channels do the same on every engine, whether a monitor watches or not. usage: xops_test.py SINGULA WORK

One guest, made here: every access to every scalar, in loops and alone, at the first and last element; then what was
freed comes back as zeros. It sends itself messages of all shapes. Called with the number of a trap it goes one
element too far, or receives what is not there. Output, status and report must
be the interpreter's."""
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cgen"))
from tools import Count, compile_guest, need_wasm_tools  # noqa: E402

SCALARS = {"i8": "int8_t", "u8": "uint8_t", "i16": "int16_t", "u16": "uint16_t", "i32": "int32_t", "u32": "uint32_t",
           "i64": "int64_t", "u64": "uint64_t", "f32": "float", "f64": "double"}
LOADS = {"i32": "i32", "i64": "i64", "f32": "f32", "f64": "f64", "i32_8_u": "u8", "i32_8_s": "i8", "i32_16_u": "u16", "i32_16_s": "i16"}
STORES = {"i32": "i32", "i64": "i64", "f32": "f32", "f64": "f64", "i32_8": "u8", "i32_16": "u16"}
BYTES = {"i8": 1, "u8": 1, "i16": 2, "u16": 2}
MODES = ("guard", "compact")
MONITORS = ("--no-monitor", "--monitor")
ELEMENTS = 77


CHANNEL = """
contract M capacity 4 {
    in message Nums(u8 a, i16 b, f32 c, u64 d, f64 e, i8 f, u32 g);
    in message Both(u16 a, A_u32 d, i64 b);
    in message Only(A_u32 d);
    in message None();
    in message One(i32 a);
    in message Odd(u8 a, u8 b, u8 c);
    state Open: one { Nums? -> Open; Both? -> Open; Only? -> Open; None? -> Open; One? -> Open; Odd? -> Open; end; }
}
"""
MESSAGES = """
struct padded {
    unsigned char before[8];
    union {
        struct M_Nums nums;
        struct M_Both both;
        struct M_One one;
        struct M_Odd odd;
        unsigned char all[40];
    } m;
};
static void fresh(struct padded *p)
{
    memset(p, 0xab, sizeof *p);
}
static void show_message(const char *what, const struct padded *p)
{
    uint64_t sum = 0;
    const unsigned char *b = (const unsigned char *)p;
    for (unsigned i = 0; i < sizeof *p; i++)
        sum = sum * 31 + b[i];
    show(what, sum);
}
static void take_one(M_exp e)
{
    struct padded p;
    A_u32 d;
    fresh(&p);
    switch (M_exp_next(e)) {
    case M_TAG_Nums:
        M_exp_recv_Nums(e, &p.m.nums);
        break;
    case M_TAG_Both:
        d = M_exp_recv_Both(e, &p.m.both);
        show("both", sum_u32(d, A_u32_x_len(d)));
        A_u32_free(d);
        break;
    case M_TAG_Only:
        d = M_exp_recv_Only(e);
        show("only", sum_u32(d, A_u32_x_len(d)));
        A_u32_free(d);
        break;
    case M_TAG_None:
        M_exp_recv_None(e);
        break;
    case M_TAG_One:
        M_exp_recv_One(e, &p.m.one);
        break;
    case M_TAG_Odd:
        M_exp_recv_Odd(e, &p.m.odd);
        break;
    default:
        abort();
    }
    show_message("message", &p);
}
static void messages(uint32_t n)
{
    M_exp e = M_channel();
    if (singula_is_null(e))
        abort();
    M_imp i = M_exp_peer(e);
    if (singula_is_null(i))
        abort();
    for (uint32_t k = 0; k < n; k++) {
        A_u32 d = A_u32_new(k % 7 + 1), f = A_u32_new(3);
        A_u32_x_set(d, 0, k);
        A_u32_x_set(f, 2, k * 3);
        if (k % 5 == 0)
            show("empty", (uint32_t)M_exp_poll(e));
        M_imp_send_Nums(i, (uint8_t)next(), (int16_t)next(), (float)(k * 1.5), next(), (double)k / 3, (int8_t)next(), (uint32_t)next());
        M_imp_send_Both(i, (uint16_t)next(), (int64_t)next(), d);
        show("waiting", (uint32_t)M_exp_poll(e));
        M_imp_send_None(i);
        M_imp_send_One(i, (int32_t)next());
        take_one(e);
        take_one(e);
        M_imp_send_Odd(i, (uint8_t)k, (uint8_t)(k + 1), 255);
        M_imp_send_Only(i, f);
        for (int j = 0; j < 4; j++)
            take_one(e);
    }
    M_imp_send_Only(i, A_u32_new(2)); /* nobody takes it */
    M_exp_abandon(e);
    M_imp_send_One(i, 5); /* nobody is there */
    M_imp_abandon(i);
}
"""
# (what happens, the trap's name)
CHANNEL_TRAPS = (
    ("M_imp_send_None(i); M_exp_recv_One(e, &one);", "X_WRONG_MESSAGE"),
    ("M_imp_send_None(i); A_u32 d = M_exp_recv_Only(e); A_u32_free(d);", "X_WRONG_MESSAGE"),
    ("M_imp_send_One(i, 7); M_exp_recv_One(e, (struct M_One *)(uintptr_t)4294967293u);", "BAD_POINTER"),
    ("M_imp_send_One(i, 7); M_exp_recv_One(e, (struct M_One *)(__builtin_wasm_memory_size(0) * 65536 - 3));", "BAD_POINTER"),
)


def contract():
    fields = "".join(f" f_{s}: {s};" for s in SCALARS)
    arrays = "".join(f"block A_{s} {{ n: u32; x: {s}[]; }}\n" for s in SCALARS)
    return f"block S {{{fields} }}\n{arrays}block Holder {{ kept: S; tag: u16; }}\n{CHANNEL}"


def guest():
    c = ["#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>", '#include "xops.h"',
         "static uint64_t bits(const void *p, size_t n) { uint64_t v = 0; memcpy(&v, p, n); return v; }",
         "static uint64_t seed = 1;",
         "static uint64_t next(void) { return seed = seed * 6364136223846793005u + 1442695040888963407u; }",
         "static void show(const char *what, uint64_t v) { printf(\"%s %016llx\\n\", what, (unsigned long long)v); }"]
    traps = []
    for s, t in SCALARS.items():
        value = f"({t})(int64_t)(next() >> 3)"
        c.append(f"""
__attribute__((noinline)) static uint64_t sum_{s}(A_{s} a, uint32_t n)
{{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) {{
        {t} v = A_{s}_x_get(a, i);
        sum = sum * 3 + bits(&v, sizeof v);
    }}
    return sum;
}}
__attribute__((noinline)) static {t} plain_{s}(A_{s} a)
{{
    {t} sum = 0;
    for (uint32_t i = 0; i < A_{s}_x_len(a); i++)
        sum = ({t})(sum + A_{s}_x_get(a, i));
    return sum;
}}
__attribute__((noinline)) static void fill_{s}(A_{s} a, uint32_t n, {t} v)
{{
    for (uint32_t i = 0; i < n; i++)
        A_{s}_x_set(a, i, v);
}}
__attribute__((noinline)) static void copy_{s}(A_{s} to, A_{s} from, uint32_t n)
{{
    for (uint32_t i = 0; i < n; i++)
        A_{s}_x_set(to, n - 1 - i, ({t})(A_{s}_x_get(from, i) + ({t})1));
}}
__attribute__((noinline)) static void use_{s}(uint32_t n)
{{
    A_{s} a = A_{s}_new(n), b = A_{s}_new(n);
    for (uint32_t i = 0; i < n; i++)
        A_{s}_x_set(a, i, {value});
    copy_{s}(b, a, n);
    {t} plain = plain_{s}(b);
    show("{s} sum", sum_{s}(a, n) ^ sum_{s}(b, n));
    show("{s} plain", bits(&plain, sizeof plain));
    A_{s}_n_set(a, n + 1);
    show("{s} n", A_{s}_n_get(a) + A_{s}_x_len(a));
    fill_{s}(b, n / 2, ({t})3);
    A_{s}_free(a);
    A_{s}_frozen f = A_{s}_freeze(b);
    A_{s}_frozen g = A_{s}_share(f);
    show("{s} shared", sum_{s}(f, n) ^ (sum_{s}(g, n) << 1));
    b = A_{s}_thaw(g);
    if (singula_is_null(b))
        abort();
    A_{s}_x_set(b, n - 1, ({t})9);
    show("{s} thawed", sum_{s}(f, n) ^ (sum_{s}(b, n) << 1));
    A_{s}_free(f);
    A_{s}_free(b);
    for (int k = 0; k < 4; k++) {{
        a = A_{s}_new(n);
        for (uint32_t i = 0; i < n; i++)
            if (A_{s}_x_get(a, i) != 0)
                abort();
        fill_{s}(a, k & 1 ? n : n / 3, ({t})1);
        A_{s}_free(a);
    }}
}}""")
        traps.append(f"A_{s} a = A_{s}_new(5); show(\"\", sum_{s}(a, 6)); A_{s}_free(a);")
        traps.append(f"A_{s} a = A_{s}_new(5); fill_{s}(a, 9, ({t})7); show(\"\", sum_{s}(a, 5)); A_{s}_free(a);")
        traps.append(f"A_{s} a = A_{s}_new(0); A_{s}_x_set(a, 4294967295u, ({t})7); A_{s}_free(a);")
    for name, s in LOADS.items():
        c.append(f"""
__attribute__((noinline)) static void load_{name}(A_u8 a, uint32_t n)
{{
    uint64_t sum = 0;
    for (uint32_t i = 0; i + {BYTES.get(s, 4 if s in ("i32", "f32") else 8)} <= n; i++) {{
        __typeof__(A_u8_x_load_{name}(a, i)) v = A_u8_x_load_{name}(a, i);
        sum = sum * 5 + bits(&v, sizeof v);
    }}
    show("load {name}", sum);
}}""")
        width = BYTES.get(s, 4 if s in ("i32", "f32") else 8)
        for at in (9 - width + 1, 4294967295 - width + 1, 4294967295):
            traps.append(f"A_u8 a = A_u8_new(9); if (A_u8_x_load_{name}(a, {at}u) == 0) show(\"\", 1); A_u8_free(a);")
    for name, s in STORES.items():
        width = BYTES.get(s, 4 if s in ("i32", "f32") else 8)
        c.append(f"""
__attribute__((noinline)) static void store_{name}(A_u8 a, uint32_t n)
{{
    for (uint32_t i = 0; i + {width} <= n; i += 3)
        A_u8_x_store_{name}(a, i, ({SCALARS[s]})(int64_t)(next() >> 9));
    show("store {name}", sum_u8(a, n));
}}""")
        for at in (9 - width + 1, 4294967295 - width + 1, 4294967295):
            traps.append(f"A_u8 a = A_u8_new(9); A_u8_x_store_{name}(a, {at}u, 1); A_u8_free(a);")
    fields = "".join(f"""
    S_f_{s}_set(b, ({t})(int64_t)(next() >> 5));
    {t} v_{s} = S_f_{s}_get(b);
    show("{s}", bits(&v_{s}, sizeof v_{s}));""" for s, t in SCALARS.items())
    want = ["X_INDEX"] * len(traps) + [t for _, t in CHANNEL_TRAPS]
    c.append(MESSAGES)
    traps += [f"""struct M_One one;
        M_exp e = M_channel();
        if (singula_is_null(e))
            abort();
        M_imp i = M_exp_peer(e);
        if (singula_is_null(i))
            abort();
        {body}
        if (n == 99) show("", (uint32_t)one.a);
        M_exp_abandon(e);
        M_imp_abandon(i);""" for body, _ in CHANNEL_TRAPS]
    cases = "".join(f"""
    case {k}: {{
        {t}
        break;
    }}""" for k, t in enumerate(traps))
    calls = "".join(f"    use_{s}(n);\n" for s in SCALARS)
    calls += "    A_u8 a = A_u8_new(n);\n"
    calls += "".join(f"    store_{name}(a, n);\n" for name in STORES) + "".join(f"    load_{name}(a, n);\n" for name in LOADS)
    c.append(f"""
static void fields(void)
{{
    S b = S_new();{fields}
    Holder h = Holder_new();
    Holder_tag_set(h, 65535);
    Holder_kept_put(h, b);
    S back = Holder_kept_take(h);
    if (!singula_is_null(back)) {{
        show("kept", S_f_u32_get(back) + Holder_tag_get(h));
        S_free(back);
    }}
    back = Holder_kept_take(h);
    if (!singula_is_null(back)) {{
        show("it was empty", 1);
        S_free(back);
    }}
    for (uint32_t k = 0; k < 300; k++) {{ /* every third one ends when the next is put */
        S x = S_new();
        S_f_u32_set(x, k * 7);
        Holder_kept_put(h, x);
        if (k % 3 == 0)
            continue;
        x = Holder_kept_take(h);
        if (singula_is_null(x))
            abort();
        show("taken", S_f_u32_get(x));
        S_free(x);
    }}
    Holder_kept_put(h, S_new());
    Holder_free(h);
}}
static void all(uint32_t n)
{{
{calls}    A_u8_free(a);
}}
int main(int argc, char **argv)
{{
    int n = argc > 1 ? atoi(argv[1]) : -1;
    switch (n) {{{cases}
    default:
        fields();
        all({ELEMENTS});
        all(1);
        all(3000);
        messages(40);
    }}
    return 0;
}}""")
    return "\n".join(c) + "\n", want


def run(singula, *args):
    p = subprocess.run([singula, *args], capture_output=True, text=True, timeout=120)
    return p.returncode, p.stdout, p.stderr.replace("xops.sgn", "xops.wasm")


def images(singula, work, wasm):
    """(options, file): the module for the interpreter, and compiled in every way."""
    for mode in MODES:
        for monitor in MONITORS:
            yield [f"--memory={mode}", monitor, "--engine=interp"], wasm
            for opt in ("full", "fast"):
                folder = work / f"{mode}{monitor}-{opt}"
                folder.mkdir(exist_ok=True)
                options = [f"--memory={mode}", monitor]
                made = run(singula, "compile", *options, f"--opt={opt}", "-o", folder / "xops.sgn", wasm)
                if made[0]:
                    raise SystemExit(f"xops: {made}")
                yield options, folder / "xops.sgn"


def main():
    singula, work = sys.argv[1], Path(sys.argv[2])
    need_wasm_tools("xops")
    work.mkdir(parents=True, exist_ok=True)
    count = Count("xops")
    text, traps = guest()
    (work / "xops.c").write_text(text)
    (work / "xops.contract").write_text(contract())
    wasm = work / "xops.wasm"
    problem = compile_guest(singula, [work / "xops.c", work / "xops.contract"], wasm, ["-O2", "-Wno-overflow"])
    count.case("compile", problem)
    variants = [] if problem else list(images(singula, work, wasm))
    for n in ["", *map(str, range(len(traps)))]:
        args = [n] if n else []
        want = None
        for options, file in variants:
            if n and "--monitor" in options and int(n) % 8 and traps[int(n)] == "X_INDEX":
                continue
            got = run(singula, "run", "--no-cache", "--audit", *options, file, *args)
            if want is None:  # the interpreter's
                want = got
                good = traps[int(n)] in want[2] and not want[1] if n else want[0] == 0 and want[1].count("\n") > 100
                count.case(f"{n} interpreted", None if good else f"status {want[0]}: {want[1][-200:]}{want[2]}")
            else:
                count.case(f"{n} {options} {file}", None if got == want else f"{got}\nwanted {want}")
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
