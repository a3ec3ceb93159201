#!/usr/bin/env python3
"""Every C guest of the repository verifies at every level of optimisation. usage: guests_test.py SINGULA SOURCE WORK

A guest is a .c file of the folders below, compiled with the contracts that lie beside it. `singula cc` verifies
what it makes, and so does `singula verify` once more."""
import sys
from pathlib import Path

from tools import LEVELS, Count, compile_guest, in_parallel, need_wasm_tools, verify

FOLDERS = ("examples/*", "bench/guests", "tests/wasi/guests", "tests/cgen/guests")
FLAGS = {"bench/guests": ["-mbulk-memory"]}
# Without a C library, as bench/guests/meson.build makes them.
BARE = {f"bench/guests/{name}.c": ["-nostdlib", "-Wl,--no-entry"] for name in ("alloc", "call", "cell", "hub", "late", "nap", "ring", "yield")}
# The others test references and tags where they get them; then -O0 verifies too.
NOT_AT_O0 = {"tests/cgen/guests/twice.c"}
MADE_TO_BE_REFUSED = {"examples/bad/cheat.c", "examples/bad/forged.c", "examples/bad/liar.c"}


def guests_of(source):
    for pattern in FOLDERS:
        for folder in sorted(source.glob(pattern)):
            contracts = sorted(folder.glob("*.contract"))
            for guest in sorted(folder.glob("*.c")):
                name = str(guest.relative_to(source))
                if name not in MADE_TO_BE_REFUSED:
                    yield name, guest, contracts, [f"-I{source}", *FLAGS.get(pattern, []), *BARE.get(name, [])]


def main():
    singula, source, work = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    need_wasm_tools("guests-at-all-levels")
    work.mkdir(parents=True, exist_ok=True)
    count = Count("guests-at-all-levels")

    def build(job):
        name, guest, contracts, flags, level = job
        wasm = work / (name.replace("/", "-")[:-2] + level + ".wasm")
        problem = compile_guest(singula, [guest, *contracts], wasm, [level, *flags])
        problem = problem or verify(singula, wasm)
        wasm.unlink(missing_ok=True)
        return problem

    jobs = [(*g, level) for g in guests_of(source) for level in ("-O0", *LEVELS) if level != "-O0" or g[0] not in NOT_AT_O0]
    for job, problem in in_parallel(build, jobs):
        count.case(f"{job[0]} {job[-1]}", problem)
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
