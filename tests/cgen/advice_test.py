#!/usr/bin/env python3
"""The functions of guest/README.md are accepted, or refused with the code that stands there, at every level.

usage: advice_test.py SINGULA README WORK"""
import re
import sys
from pathlib import Path

from tools import LEVELS, Count, compile_guest, in_parallel, need_wasm_tools, verify

CONTRACT = """block Text { bytes: u8[]; }
contract Bell {
    in message Ring();
    out message Heard(Text text);
    state Ready: one { Ring? -> Heard! -> Ready; end; }
}
"""
HEAD = "#include <stdint.h>\n#include <stdlib.h>\n#include \"bell.h\"\n\n"
MAIN = {
    "void f(int k)": "f(argc);",
    "uint32_t f(Bell_exp ep, int k)": "Bell_exp ep = Bell_channel();\n    if (!singula_is_null(ep))\n        f(ep, argc);",
}


def main():
    singula, readme, work = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    need_wasm_tools("guest-advice")
    work.mkdir(parents=True, exist_ok=True)
    (work / "bell.contract").write_text(CONTRACT)
    count = Count("guest-advice")
    found = re.findall(r"^```c (\w+)(?: (\w+))?\n(.*?)^```", readme.read_text(), re.M | re.S)

    def check(job):
        number, level = job
        verdict, code, text = found[number]
        call = next(c for head, c in MAIN.items() if head in text)
        source = work / f"advice{number}{level}.c"
        source.write_text(HEAD + text + f"\nint main(int argc, char **argv)\n{{\n    (void)argv;\n    {call}\n}}\n")
        wasm = source.with_suffix(".wasm")
        problem = compile_guest(singula, [source, work / "bell.contract"], wasm, [level, "-Wno-missing-prototypes"])
        if problem:
            return problem
        refused = verify(singula, wasm)
        if verdict == "accepted":
            return refused
        return None if refused and f"refused: {code}:" in refused else refused or "accepted"

    jobs = [(n, level) for n in range(len(found)) for level in ("-O0", *LEVELS)]
    for (number, level), problem in in_parallel(check, jobs):
        count.case(f"function {number + 1} of the README, {found[number][0]}, {level}", problem)
    return count.end() or not jobs


if __name__ == "__main__":
    sys.exit(main())
