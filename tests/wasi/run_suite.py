#!/usr/bin/env python3
"""The C programs of the WASI test suite (preview 1), as compiled for wasm32-wasip1.

usage: run_suite.py SINGULA SOURCE_ROOT WORK [--engine=NAME] [--opt=LEVEL]
Finds wasi-preview1-c.tar.xz in $SINGULA_SPEC_DIR or ../shared/spec beside the source root; skips when
it is absent. Each FILE.wasm may have a FILE.json: args, env, root (a folder made accessible),
exit_code, stdout."""
import json
import os
import shutil
import sys
import tarfile
from pathlib import Path

from guestlib import Count, engine_options, first_difference, run, skip

NAME = "wasi-suite"


def unpack(root, work):
    """The folder with the programs."""
    for place in (os.environ.get("SINGULA_SPEC_DIR"), root.parent / "shared/spec"):
        archive = place and Path(place) / "wasi-preview1-c.tar.xz"
        if archive and archive.is_file():
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            with tarfile.open(archive) as t:
                t.extractall(work)
            return next(p.parent for p in sorted(work.rglob("*.wasm")))
    skip(NAME, "wasi-preview1-c.tar.xz is neither in SINGULA_SPEC_DIR nor in ../shared/spec")


def run_program(singula, options, wasm, mode, monitor):
    """What was not as wanted."""
    spec = wasm.with_suffix(".json")
    want = json.loads(spec.read_text()) if spec.exists() else {}
    command = [singula, "run", *options, f"--memory={mode}", monitor, "--audit"]
    command += [f"--env={k}={v}" for k, v in want.get("env", {}).items()]
    if "root" in want:
        copy = wasm.parent / f"{wasm.stem}.{mode}.root"
        shutil.copytree(wasm.parent / want["root"], copy)
        command.append(f"--dir={copy}::/")
    for d in want.get("dirs", []):
        command.append(f"--dir={wasm.parent / d}::{d}")
    code, out, err = run([*command, wasm, "--", *want.get("args", [])])
    problems = []
    if code != want.get("exit_code", 0):
        problems.append(f"exit status {code}, wanted {want.get('exit_code', 0)}\n"
                        + err.decode(errors="replace"))
    if "stdout" in want:
        problems.append(first_difference("stdout", want["stdout"].encode(), out))
    return [p for p in problems if p]


def main():
    options, name = engine_options(NAME, sys.argv[1])
    singula, root, work = (Path(a).resolve() for a in sys.argv[1:4])
    folder = unpack(root, work)
    count = Count(name)
    for wasm in sorted(folder.glob("*.wasm")):
        for mode, monitor in (("guard", "--no-monitor"), ("compact", "--monitor")):
            count.case(f"{wasm.stem} ({mode})", run_program(singula, options, wasm, mode, monitor))
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
