#!/usr/bin/env python3
"""Host functions called with any values do the same on every engine. usage: wild_test.py SINGULA SOURCES WORK [COUNT [SEED]]

wild.c calls one of them with three numbers, on a block of a length that is the fourth: near the ends of what there is, of
memory, of 32 bits, and beyond. What it prints, its memory afterwards, how it ends and the report must be the interpreter's,
in both memory modes, with the monitor and without it; and nothing is left (--audit)."""
import random
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "cgen"))
from tools import Count, compile_guest, in_parallel, need_wasm_tools  # noqa: E402

FUNCTIONS = 19
LENGTHS = (0, 1, 8, 63, 64, 65, 1000, 32000, 33000)
EDGES = (0, 1, 2, 3, 4, 7, 8, 31, 63, 64, 65, 100, 255, 256, 1000, 4096, 65535, 65536, 131071, 131072, 196608, 0x1fffffff, 0x20000000,
         0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xfffff000, 0xffff0000, 0xfffffff0, 0xfffffff8, 0xfffffffe, 0xffffffff)


def variants(singula, work, wasm):
    """(folder with a wild.wasm, options): a program's memory has its name, so that is always the same."""
    for mode in ("guard", "compact"):
        for monitor in ("--no-monitor", "--monitor"):
            options = [f"--memory={mode}", monitor]
            for level in ("interp", "fast", "full"):
                folder = work / f"{mode}{monitor}-{level}"
                folder.mkdir(exist_ok=True)
                if level == "interp":
                    shutil.copy(wasm, folder / "wild.wasm")
                    yield folder, [*options, "--engine=interp"]
                    continue
                subprocess.run([singula, "compile", *options, f"--opt={level}", "-o", folder / "wild.wasm", wasm], check=True,
                               stdout=subprocess.DEVNULL)
                yield folder, options


def numbers(rnd):
    def one():
        return rnd.choice(EDGES) if rnd.random() < 0.8 else rnd.randrange(64) if rnd.random() < 0.5 else rnd.getrandbits(32)
    return [one(), one(), one(), rnd.choice(LENGTHS)]


def main():
    singula, sources, work = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]), Path(sys.argv[3])
    count, seed = [int(a) for a in sys.argv[4:6]] + [76, 1][len(sys.argv) - 4:]
    need_wasm_tools("wild")
    work.mkdir(parents=True, exist_ok=True)
    result = Count("wild")
    wasm = work / "guest.wasm"
    result.case("compile", compile_guest(singula, [sources / "wild.c", sources / "wild.contract"], wasm, ["-O1"]))
    if result.failed:
        return result.end()
    all_of_them = list(variants(singula, work, wasm))
    rnd = random.Random(seed)
    jobs = [[str(n) for n in (i % FUNCTIONS, *numbers(rnd))] for i in range(count)]

    def outcomes(job):
        def one(folder, options):
            p = subprocess.run([singula, "run", "--audit", "--no-cache", *options, "wild.wasm", *job], cwd=folder, capture_output=True,
                               text=True, timeout=120)
            return p.returncode, p.stdout, p.stderr
        return [one(*v) for v in all_of_them]

    ends = set()
    for job, got in in_parallel(outcomes, jobs):
        ends.add(got[0][0])
        other = next((i for i, g in enumerate(got) if g != got[0]), None)
        wrong = None if other is None else f"{all_of_them[other]}: {got[other]}\nwanted {got[0]}"
        result.case(" ".join(job), wrong if got[0][0] in (0, 134) else f"ends with {got[0]}")
    result.case("some end well and some trap", None if ends == {0, 134} else f"they end with {ends}")
    return result.end()


if __name__ == "__main__":
    sys.exit(main())
