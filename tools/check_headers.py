#!/usr/bin/env python3
"""Every header compiles alone. usage: check_headers.py [ROOT [COMPILER...]]"""
import subprocess
import sys
from pathlib import Path

from lintlib import report, sources


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    compiler = sys.argv[2:] or ["cc"]
    bad = []
    for path in sources(root, (".h",)):
        if path.startswith(("guest/", "examples/", "bench/guests/", "tests/stress/guests/")):  # for the guest's compiler
            continue
        if "<llvm-c/" in (root / path).read_text() and "-isystem" not in compiler:  # built without the compiler
            continue
        run = subprocess.run(
            [*compiler, "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
             "-I", root, "-x", "c", "-"],
            input=f'#include "{path}"\n', capture_output=True, text=True)
        if run.returncode != 0:
            bad.append(f"{path}: does not compile alone\n{run.stderr.rstrip()}")
    return report("headers", bad)


if __name__ == "__main__":
    sys.exit(main())
