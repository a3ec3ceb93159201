#!/usr/bin/env python3
"""Random C guests that are right about ownership, compiled at every level: are they accepted?

usage: cgen.py [--singula PATH] [--programs N] [--seed S] [--runs N] [--mistakes N] [--levels=-O1,-Oz] [--keep FOLDER]

Program i has seed S + i. Each is compiled by `singula cc` at -O1 -O2 -O3 -Os -Oz and verified; what is accepted of the
first N (--runs) programs is run under the monitor as well, which must find nothing. With --mistakes N, each of N further
programs has one mistake planted: it must be refused at every level, or the optimiser has removed the mistake, and then
the monitor must find nothing either. Prints tables; exit status 0: no monitor trap, at least 98% of the programs
accepted at each level, all mistakes refused."""
import argparse
import re
import shutil
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from program import Program
from tools import LEVELS, compile_guest, in_parallel, need_wasm_tools, run, verify

FOLDER = Path(__file__).resolve().parent
CONTRACT = FOLDER / "world.contract"
FLAGS = ["-Wno-unused", "-Wno-unused-parameter"]
ARGUMENTS = ("1", "7", "12345")
MISTAKES = (
    "leak", "leak-maybe", "early-return", "overwritten", "endpoint-not-closed", "double-free", "use-after-free",
    "use-after-call", "use-after-call-endpoint", "use-after-put", "use-after-store", "use-after-add", "use-after-send",
    "use-after-send-endpoint", "free-after-send", "use-after-close", "use-after-end", "freed-through-alias", "freed-in-loop",
    "lent-is-freed", "not-tested", "not-tested-endpoint", "field-not-filled", "sent-twice", "received-twice", "wrong-arm",
    "answer-forgotten", "endpoint-in-wrong-state", "write-after-freeze", "write-to-frozen-child")
SYSTEM = """processes:
  - {{name: server, module: {wasm}, args: ["{argument}", serve], publish: [store], service: true}}
  - {{name: client, module: {wasm}, args: ["{argument}", ask], connect: [store]}}
"""


def run_guest(singula, wasm, source):
    """None, or how a run went wrong: by itself, and as server and client. Its own exit statuses are below 10."""
    monitor = ["--monitor"] if "--monitor" in run(singula, "run", "--help")[1] else []
    for argument in ARGUMENTS:
        commands = [["run", "--timeout=20s", "--max-cpu=10s", "--audit", *monitor, wasm, "--", argument]]
        if '"serve"' in source:
            system = wasm.with_suffix(".yaml")
            system.write_text(SYSTEM.format(wasm=wasm, argument=argument))
            commands.append(["up", "--timeout=20s", "--quiet", "--audit", *monitor, system])
        for command in commands:
            status, out = run(singula, *command)
            if not 0 <= status < 10 or "MON_" in out or "trapped" in out:
                return f"{command[0]} with {argument}: exit status {status}: {out.strip()}"
    return None


def code_of(problem):
    found = re.search(r"refused: (\w+)", problem)
    return found.group(1) if found else "?"


class Work:
    def __init__(self, args, folder):
        self.singula, self.folder, self.runs, self.seed = args.singula, folder, args.runs, args.seed
        self.keep = args.keep
        self.lock = threading.Lock()
        self.twins = {}  # by (seed, level): the correct program is accepted

    def build(self, name, text, level):
        """(module, problem of the compiler)"""
        source = self.folder / f"{name}.c"
        if not source.exists():
            source.write_text(text)
        wasm = self.folder / f"{name}{level}.wasm"
        return wasm, compile_guest(self.singula, [source, CONTRACT], wasm, [level, *FLAGS])

    def tidy(self, wasm):
        if not self.keep:
            wasm.unlink(missing_ok=True)

    def correct(self, job):
        """(compiler's problem, refusal, problem of the run) of one program at one level."""
        seed, level = job
        text = Program(seed).generate()
        wasm, broken = self.build(f"p{seed}", text, level)
        if broken:
            return broken, None, None
        refused = verify(self.singula, wasm)
        wrong = run_guest(self.singula, wasm, text) if seed - self.seed < self.runs and not refused else None
        if not refused:
            self.tidy(wasm)
        return None, refused, wrong

    def twin_accepted(self, seed, level):
        with self.lock:  # its files are made once
            if (seed, level) not in self.twins:
                broken, refused, _ = self.correct((seed, level))
                self.twins[seed, level] = not broken and not refused
            return self.twins[seed, level]

    def wrong(self, job):
        """(compiler's problem, refusal, problem of the run if it was accepted); None if the refusal would say nothing,
        because the program without the mistake is refused too."""
        seed, kind, at, level = job
        if not self.twin_accepted(seed, level):
            return None
        text = Program(seed, kind, at).generate()
        wasm, broken = self.build(f"m{seed}-{kind}-{at}", text, level)
        if broken:
            return broken, None, None
        refused = verify(self.singula, wasm)
        found = None if refused else run_guest(self.singula, wasm, text) or ""
        if refused:
            self.tidy(wasm)
        return None, refused, found


def accept(work, seeds, levels):
    """Compiles and verifies all; True if enough is accepted and nothing else is wrong."""
    accepted, total, codes, good = Counter(), Counter(), Counter(), True
    refused_anywhere = set()
    jobs = [(seed, level) for seed in seeds for level in levels]
    for (seed, level), (broken, refused, wrong) in in_parallel(work.correct, jobs):
        total[level] += 1
        if broken or wrong:
            print(f"FAILED program {seed} {level}: {broken or wrong}")
            good = False
        elif refused:
            codes[code_of(refused)] += 1
            refused_anywhere.add(seed)
            print(f"refused: program {seed} {level}\n  " + refused.strip().replace("\n", "\n  "))
        else:
            accepted[level] += 1
    print(f"\n{'level':6} {'programs':>9} {'accepted':>9} {'':>8}")
    for level in levels:
        share = 100 * accepted[level] / total[level]
        good &= share >= 98
        print(f"{level:6} {total[level]:9} {accepted[level]:9} {share:7.1f}%")
    print(f"{len(seeds) - len(refused_anywhere)} of {len(seeds)} programs are accepted at every level; refusals: "
          + (", ".join(f"{c} {n}" for c, n in codes.most_common()) or "none"))
    print(f"{sum(1 for s in seeds if s - work.seed < work.runs) * len(levels)} modules were run {len(ARGUMENTS)} times each")
    return good


def places(seeds):
    """(seed, class, place) of mistakes: the classes in turn, at most two places of each in a program."""
    for seed in seeds:
        p = Program(seed)
        p.generate()
        for kind in MISTAKES:
            for at in {0, p.chances.get(kind, 0) // 2}:
                if at < p.chances.get(kind, 0):
                    yield seed, kind, at


def refuse(work, seeds, most, levels):
    """Plants mistakes; True if each is refused, or was removed by the optimiser."""
    table, codes, good = {k: Counter() for k in MISTAKES}, {k: Counter() for k in MISTAKES}, True
    by_kind = {k: [] for k in MISTAKES}
    for seed, kind, at in places(seeds):
        by_kind[kind].append((seed, kind, at))
    chosen = [by_kind[k][i] for i in range(most) for k in MISTAKES if i < len(by_kind[k])][:most]
    jobs = [(*c, level) for c in chosen for level in levels]
    for (seed, kind, at, level), result in in_parallel(work.wrong, jobs):
        if result is None:
            continue
        broken, refused, found = result
        where = f"mistake {kind} number {at} in program {seed} {level}"
        if broken:
            print(f"FAILED {where}: {broken}")
            good = False
        elif refused:
            table[kind]["refused"] += 1
            codes[kind][code_of(refused)] += 1
        elif found:
            table[kind]["missed"] += 1
            print(f"FAILED {where}: accepted, but {found}")
            good = False
        else:
            table[kind]["silent"] += 1
            print(f"accepted: {where}; the monitor finds nothing")
    print(f"\n{'mistake':22} {'modules':>8} {'refused':>8} {'harmless':>9} {'missed':>7}  codes")
    for kind in MISTAKES:
        t = table[kind]
        if sum(t.values()):
            print(f"{kind:22} {sum(t.values()):8} {t['refused']:8} {t['silent']:9} {t['missed']:7}  "
                  + ", ".join(f"{c} {n}" for c, n in codes[kind].most_common()))
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--singula", default=str(FOLDER.parents[1] / "build-release/cli/singula"))
    parser.add_argument("--programs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--mistakes", type=int, default=0)
    parser.add_argument("--levels", default=",".join(LEVELS))
    parser.add_argument("--keep", help="a folder for sources and refused modules")
    args = parser.parse_args()
    need_wasm_tools("cgen")
    folder = Path(args.keep or tempfile.mkdtemp(prefix="cgen-"))
    folder.mkdir(parents=True, exist_ok=True)
    levels = args.levels.split(",")
    work = Work(args, folder)
    good = True
    try:
        if args.programs:
            good &= accept(work, range(args.seed, args.seed + args.programs), levels)
        if args.mistakes:
            first = args.seed + args.programs
            good &= refuse(work, range(first, first + args.mistakes), args.mistakes, levels)
    finally:
        if not args.keep:
            shutil.rmtree(folder)
    print(f"cgen: {int(good)} passed, {int(not good)} failed, 0 skipped")
    return not good


if __name__ == "__main__":
    sys.exit(main())
