#!/usr/bin/env python3
"""Our C programs, built natively and for WASI, must print and exit the same and leave the same files.

usage: run_guests.py SINGULA CC FOLDER WORK [--engine=NAME] [--opt=LEVEL]
A program says how it is run in comments: // run: {"args": [], "env": {}, "stdin": "", "slow": false,
"repeat": 1, "abnormal": false}. Every run is made in both memory modes, one of them under the monitor.
`abnormal`: natively a signal, here a trap."""
import json
import os
import re
import resource
import shutil
import sys
from pathlib import Path

from guestlib import Count, compile_wasm, engine_options, first_difference, is_new, need_wasm_tools, run, run_tool

NATIVE_MEMORY = 2 << 30
TRAPPED = 134


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (NATIVE_MEMORY, NATIVE_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def runs_of(source):
    found = [json.loads(m) for m in re.findall(r"^// run: (.*)$", source.read_text(), re.M)]
    return found or [{}]


def files_of(folder):
    """Names, kinds and contents of what a program left behind."""
    left = {}
    for p in sorted(folder.rglob("*")):
        if p.is_symlink():
            kind = "link to " + os.readlink(p)
        else:
            kind = "folder" if p.is_dir() else p.read_bytes()
        left[str(p.relative_to(folder))] = kind
    return left


def empty(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def compare(r, native, found):
    code, out, err = found
    problems = [first_difference("stdout", native[1], out)]
    if r.get("abnormal"):
        if native[0] >= 0:
            problems.append(f"the native program did not end by a signal but with {native[0]}")
        if code != TRAPPED:
            problems.append(f"exit status {code}, wanted {TRAPPED} (trap)")
    else:
        if code != native[0]:
            problems.append(f"exit status {code}, natively {native[0]}")
        problems.append(first_difference("stderr", native[2], err))
    return [p for p in problems if p]


def run_case(count, command, name, native, wasm, r, number, work):
    args, env = r.get("args", []), r.get("env", {})
    stdin = (r.get("stdin", "") * r.get("repeat", 1)).encode()
    how = {"stdin": stdin, "slow": r.get("slow", False)}
    folder = empty(work / "native")
    wanted = run([native, *args], cwd=folder, env=env, preexec_fn=limit_memory, **how)
    left = files_of(folder)
    for mode, monitor in (("guard", "--no-monitor"), ("compact", "--monitor")):
        folder = empty(work / mode)
        whole = [*command, f"--memory={mode}", monitor, f"--dir={folder}::/", "--audit",
                 "--max-memory=512M", *(f"--env={k}={v}" for k, v in env.items()), wasm, "--", *args]
        problems = compare(r, wanted, run(whole, **how))
        found = files_of(folder)
        if found != left:
            problems.append(f"left behind {sorted(found)}, natively {sorted(left)}, or their contents")
        count.case(f"{name} run {number} ({mode}) {args}", problems)


def main():
    options, title = engine_options("wasi-guests", sys.argv[1])
    singula, folder, work = (Path(a).resolve() for a in (sys.argv[1], *sys.argv[3:5]))
    cc = sys.argv[2]
    need_wasm_tools("wasi-guests")
    work.mkdir(parents=True, exist_ok=True)
    count = Count(title)
    for source in sorted(folder.glob("*.c")):
        native, wasm = work / source.stem, work / (source.stem + ".wasm")
        if not is_new(native, source):
            run_tool([cc, "-O2", "-w", source, "-o", native, "-lm"])
        if not is_new(wasm, source):
            compile_wasm(source, wasm)
        for number, r in enumerate(runs_of(source), 1):
            run_case(count, [singula, "run", *options], source.stem, native, wasm, r, number, work)
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
