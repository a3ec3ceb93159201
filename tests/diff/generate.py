"""The modules of the differential tests, each made of a number (its seed) alone.

ttf     `wasm-opt -ttf` makes a module of random bytes, half of which are then changed a little; all exports are
        called with seeded arguments
shapes  shapes.py: what wasm-opt hardly makes
csmith  a random C program through clang-19, as a WASI command; also compiled natively, as an oracle
"""
import random
import re
import shutil
import subprocess
from pathlib import Path

import mutate
import shapes
import wasmfile

FEATURES = ["--enable-sign-ext", "--enable-nontrapping-float-to-int", "--enable-bulk-memory", "--enable-multivalue",
            "--enable-mutable-globals"]
LEVELS = [[], ["-O1"], ["-O2"], ["-O3"], ["-Os"]]
CALLS = 3  # of each export
NEEDS = {"ttf": ["wasm-opt"], "shapes": [], "csmith": ["csmith", "clang-19", "wasm-ld-19", "/usr/include/csmith/csmith.h",
                                         "/usr/include/wasm32-wasi/stdio.h"]}

INTERESTING = {
    "i": [0, 1, 2, 7, 31, 32, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000, 0xFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF],
    "I": [0, 1, 3, 63, 64, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, (1 << 63) - 1, 1 << 63, (1 << 64) - 2, (1 << 64) - 1],
    "f": [0, 0x80000000, 0x3F800000, 0xBF800000, 1, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x4F000000, 0xCF000000, 0x5F000000, 0x3F000000],
    "F": [0, 1 << 63, 0x3FF0000000000000, 0xBFF0000000000000, 1, 0x7FEFFFFFFFFFFFFF, 0x7FF0000000000000, 0xFFF0000000000000,
          0x41E0000000000000, 0xC1E0000000200000, 0x43E0000000000000, 0x3FE0000000000000],
}
BITS = {"i": 32, "I": 64, "f": 32, "F": 64}


class Unmade(Exception):
    """The generator made nothing of this seed."""


def missing(kind):
    return [n for n in NEEDS[kind] if not (Path(n).exists() if n.startswith("/") else shutil.which(n))]


def run(words, seconds=60):
    """What it printed; Unmade if it failed."""
    try:
        p = subprocess.run([str(w) for w in words], capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Unmade(f"{words[0]}: no end within {seconds} s") from None
    if p.returncode:
        raise Unmade(f"{words[0]}: exit status {p.returncode}: {p.stderr.decode(errors='replace')[:300]}")
    return p.stdout.decode(errors="replace")


def argument(r, kind):
    """A slot; never a NaN, whose bits engines may change."""
    if r.random() < 0.6:
        return r.choice(INTERESTING[kind])
    if kind in "iI":
        return r.getrandbits(r.choice([4, 8, 16, BITS[kind]])) if r.random() < 0.7 else (-r.getrandbits(12)) % (1 << BITS[kind])
    exponent = r.randrange(1, 255) << 23 if kind == "f" else r.randrange(1, 2047) << 52
    return exponent | r.getrandbits(23 if kind == "f" else 52) | r.getrandbits(1) << (BITS[kind] - 1)


def plan_of(module, r):
    peeks = module.add_peeks()
    calls = [f"call {name} {results or '-'} " + " ".join(f"{argument(r, p):x}" for p in params)
             for name, params, results in module.exports for _ in range(CALLS if params else 1)
             if "?" not in params + results and len(results) < 32 and len(params) <= 32 and " " not in name]
    return peeks + calls


def ttf(seed, folder):
    """Writes folder/module.wasm and folder/plan."""
    r = random.Random(seed)
    source, wasm = folder / "seed", folder / "made.wasm"
    wasm.unlink(missing_ok=True)
    source.write_bytes(r.randbytes(int(r.choice([1000, 3000, 8000, 20000, 50000]) * r.uniform(0.5, 1))))
    features = ["--mvp-features", *r.sample(FEATURES, r.randrange(len(FEATURES) + 1))]
    run(["wasm-opt", "-ttf", source, "-o", wasm, *features])
    if r.random() < 0.5:
        wasm.write_bytes(mutate.mutate(wasm.read_bytes(), r, r.choice([0.003, 0.01, 0.03, 0.1])))
    # NaNs become 0: their bits are not determined, and would spread
    run(["wasm-opt", wasm, "-o", wasm, *features, "--denan", *r.choice(LEVELS)])
    module = wasmfile.Module(wasm.read_bytes())
    plan = plan_of(module, r)
    (folder / "module.wasm").write_bytes(module.bytes())
    (folder / "plan").write_text("\n".join(plan) + "\n")


def shaped(seed, folder):
    r = random.Random(seed)
    module = wasmfile.Module(shapes.make(r))
    plan = plan_of(module, r)
    (folder / "module.wasm").write_bytes(module.bytes())
    (folder / "plan").write_text("\n".join(plan) + "\n")


# a literal that is a long, which has 32 bits in Wasm and 64 natively, up to the letter that says so
LONG = re.compile(r"\b((?:0x[0-9A-F]+|\d+)U?)L(?!L)\b")


def csmith(seed, folder):
    """The same; the answer is the output of the native program."""
    r = random.Random(seed)
    source, wasm, native = folder / "program.c", folder / "made.wasm", folder / "program"
    run(["csmith", "--seed", seed, "--no-packed-struct", "--no-volatiles", "--max-funcs", r.randrange(2, 10), "-o", source,
         *r.choice([[], ["--float"], ["--no-pointers"], ["--max-expr-complexity", "15"]])])
    source.write_text(LONG.sub(r"\1", source.read_text()))
    flags = ["-w", "-I/usr/include/csmith"]
    run(["clang-19", "-O1", *flags, source, "-o", native])
    answer = run([native], 5)
    run(["clang-19", "--target=wasm32-wasi", "-fuse-ld=/usr/bin/wasm-ld-19", r.choice(["-O0", "-O1", "-O2", "-O3", "-Os"]), "-mbulk-memory",
         *r.choice([[], ["-mnontrapping-fptoint", "-msign-ext"]]), *flags, source, "-o", wasm])
    module = wasmfile.Module(wasm.read_bytes())
    peeks = module.add_peeks()
    (folder / "module.wasm").write_bytes(module.bytes())
    (folder / "plan").write_text("\n".join([*peeks, "start"]) + "\n")
    (folder / "answer").write_text(answer)


MAKERS = {"ttf": ttf, "shapes": shaped, "csmith": csmith}
