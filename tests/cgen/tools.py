"""What the runners of this folder share: compiling and verifying guests, counting."""
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LEVELS = ("-O1", "-O2", "-O3", "-Os", "-Oz")
WASM_FILES = ("/usr/include/wasm32-wasi/stdio.h", "/usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a")
TIMEOUT_S = 120


def need_wasm_tools(name):
    missing = [t for t in ("clang-19", "wasm-ld-19") if not shutil.which(t)]
    missing += [f for f in WASM_FILES if not Path(f).exists()]
    if missing:
        print(f"{name}: skipped: not installed: {', '.join(missing)}")
        print(f"{name}: 0 passed, 0 failed, 1 skipped")
        sys.exit(77)


def run(*command):
    """Exit status and what it printed on both streams; 124 when it took too long."""
    try:
        p = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=TIMEOUT_S)
        return p.returncode, p.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return 124, f"{command[0]}: no end within {TIMEOUT_S} s"


def compile_guest(singula, inputs, wasm, flags):
    """None, or what the compiler said. The module is not verified."""
    status, out = run(singula, "cc", "--no-verify", "-Wall", "-Wextra", "-Werror", *flags, *inputs, "-o", wasm)
    return None if status == 0 else f"cc: exit status {status}: {out}"


def verify(singula, wasm):
    """None, or the refusal."""
    status, out = run(singula, "verify", "--quiet", wasm)
    return None if status == 0 else out or f"verify: exit status {status}"


def in_parallel(work, jobs):
    """(job, result) for all jobs, in their order, on all cores."""
    with ThreadPoolExecutor(max_workers=min(4, os.cpu_count() or 1)) as pool:
        yield from zip(jobs, pool.map(work, jobs))


class Count:
    def __init__(self, name):
        self.name, self.passed, self.failed = name, 0, 0

    def case(self, title, problem):
        if problem is None:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {title}\n  " + problem.strip().replace("\n", "\n  "))

    def end(self):
        print(f"{self.name}: {self.passed} passed, {self.failed} failed, 0 skipped")
        return self.failed != 0
