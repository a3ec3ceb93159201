#!/usr/bin/env python3
"""Random C guests that use blocks, channels, slots and sets, interpreted and compiled, with and without the monitor.

usage: guests.py --singula PATH [--programs N] [--seed S] [--keep DIR]

The programs are those of tests/cgen; each also prints what it has computed. In every setting (engine, level, memory mode,
monitor) exit status and output must be those of the first; afterwards everything must be accounted for (--audit). Then
each program runs in one system with the next one, on every engine.
"""
import argparse
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

CGEN = Path(__file__).resolve().parents[1] / "cgen"
sys.path.insert(0, str(CGEN))
from program import Program  # noqa: E402
from tools import LEVELS, Count, compile_guest, in_parallel, need_wasm_tools, run, verify  # noqa: E402

ARGUMENTS = ("1", "7", "12345")
ENGINES = {"interp": ["--engine=interp"], "full": ["--engine=native"], "fast": ["--engine=native", "--opt=fast"],
           "auto": ["--engine=auto"]}
TELL = """#include <unistd.h>
static void tell(uint32_t x)
{
    char text[9];
    for (int i = 0; i < 8; i++)
        text[i] = "0123456789abcdef"[x >> (28 - 4 * i) & 15];
    text[8] = '\\n';
    write(1, text, 9);
}

int main("""


def source_of(seed):
    text = Program(seed).generate().replace("int main(", TELL)
    assert text.count("return 0 * (int)total;") == 1
    return text.replace("return 0 * (int)total;", "tell(total);\n    return 0;")


class Guest:
    def __init__(self, args, folder, seed):
        self.singula, self.folder, self.seed = args.singula, folder, seed
        self.wasm = folder / f"g{seed}.wasm"

    def build(self):
        """None, or why there is nothing to run."""
        source = self.wasm.with_suffix(".c")
        source.write_text(source_of(self.seed))
        level = random.Random(self.seed).choice(LEVELS)
        return compile_guest(self.singula, [source, CGEN / "world.contract"], self.wasm,
                             [level, "-Wno-unused", "-Wno-unused-parameter"]) or verify(self.singula, self.wasm)

    def runs(self, engine, memory, monitor):
        """What all runs of one setting gave."""
        how, file = [f"--memory={memory}", monitor], self.wasm
        if engine in ("interp", "auto"):
            how += [f"--engine={engine}", "--no-cache"]
        else:
            file = self.wasm.with_suffix(f".{engine}.{memory}{monitor}.sgn")
            status, out = run(self.singula, "compile", f"--opt={engine}", *how, self.wasm, "-o", file)
            if status:
                return [f"compile: exit status {status}: {out}"]
        return [f"{a}: exit status {status}: {out.replace(str(file), 'guest')}" for a in ARGUMENTS
                for status, out in [run(self.singula, "run", *how, "--timeout=60s", "--audit", file, "--", a)]]


def together(args, folder, a, b):
    """None, or what differs when two programs are SIPs of one system."""
    system = folder / f"s{a.seed}.yaml"
    system.write_text("processes:\n" + "".join(
        f"  - {{name: p{i}, module: {g.wasm.name}, args: ['{ARGUMENTS[i]}'], memory: {'compact' if i else 'guard'}}}\n"
        for i, g in enumerate((a, b, a))))
    wanted = None
    for how in ENGINES.values():
        for monitor in ("--no-monitor", "--monitor"):
            status, out = run(args.singula, "up", "--audit", "--timeout=100s", monitor, *how, system)
            got = [str(status), *sorted(out.splitlines())]
            wanted = wanted or got
            if got != wanted or any("MON_" in g for g in got):
                return f"{how} {monitor}:\n" + "\n".join(got) + "\ninterpreted:\n" + "\n".join(wanted)
    return None


def test(args, folder, seed):
    """(None or problem, was it made)"""
    guest = Guest(args, folder, seed)
    if guest.build():
        return None, False
    wanted = None
    for engine in ENGINES:
        for memory in ["guard", "compact"]:
            for monitor in ["--no-monitor", "--monitor"]:
                got = guest.runs(engine, memory, monitor)
                wanted = wanted or got
                if got != wanted or any("MON_" in g for g in got):
                    if args.keep:
                        shutil.copy(guest.wasm, args.keep)
                    return f"{engine} {memory} {monitor}:\n" + "\n".join(got) + "interpreted:\n" + "\n".join(wanted), True
    for file in folder.glob(f"g{seed}.*.sgn"):
        file.unlink()
    return None, True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--singula", default=str(Path(__file__).parents[2] / "build-release/cli/singula"))
    parser.add_argument("--programs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep")
    args = parser.parse_args()
    need_wasm_tools("diff-guests")
    if "llvm" not in run(args.singula, "--version")[1]:
        del ENGINES["full"]
    count, unmade = Count("diff-guests"), 0
    with tempfile.TemporaryDirectory() as d:
        seeds = range(args.seed, args.seed + args.programs)
        os.environ["XDG_CACHE_HOME"] = d
        guests = []
        for seed, (problem, made) in in_parallel(lambda s: test(args, Path(d), s), seeds):
            unmade += not made
            if made:
                count.case(f"program {seed}", problem)
                guests.append(Guest(args, Path(d), seed))
        pairs = list(zip(guests, guests[1:]))
        for (a, b), problem in in_parallel(lambda p: together(args, Path(d), *p), pairs):
            count.case(f"programs {a.seed} and {b.seed}", problem)
    print(f"diff-guests: {unmade} programs were refused\ndiff-guests: {count.passed} passed, {count.failed} failed, 0 skipped")
    return 1 if count.failed or not count.passed else 0


if __name__ == "__main__":
    sys.exit(main())
