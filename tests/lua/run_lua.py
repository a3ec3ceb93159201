#!/usr/bin/env python3
"""Lua 5.4 from Debian's source package, compiled for WASI, runs script.lua as the native one does.

usage: run_lua.py SINGULA FOLDER WORK [--engine=NAME] [--opt=LEVEL]
The source archive is fetched by apt from the mirror this machine uses and kept in WORK. Skips when
there is no way to get it. All that is added to Lua is what wasi-libc lacks: folder standin."""
import os
import shutil
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "wasi"))
from guestlib import Count, debian_source, engine_options, first_difference, is_new, need_wasm_tools, run, run_tool, skip

NAME = "lua"
FLAGS = ["--target=wasm32-wasi", "-O2", "-D_WASI_EMULATED_SIGNAL", "-D_WASI_EMULATED_PROCESS_CLOCKS",
         "-DL_tmpnam=20", "-Wno-deprecated-declarations"]
LIBS = ["-lwasi-emulated-signal", "-lwasi-emulated-process-clocks", "-lm"]
ARGS = ["one", "two words"]


def build(folder, work):
    """lua.wasm."""
    archive = debian_source(NAME, "lua5.4", work)
    wasm = work / "lua.wasm"
    standin = folder / "standin"
    if is_new(wasm, archive, *standin.iterdir()):
        return wasm
    with tarfile.open(archive) as t:
        t.extractall(work / "source")
    sources = [s for s in sorted((work / "source").glob("lua-*/src/*.c")) if s.name != "luac.c"]
    if not sources:
        sys.exit(f"{archive}: holds no lua-*/src/*.c")
    sources.append(standin / "absent.c")
    objects = [work / (s.stem + ".o") for s in sources]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda source, out: run_tool(
            ["clang-19", *FLAGS, f"-I{standin}", "-c", source, "-o", out]), sources, objects))
    run_tool(["clang-19", "--target=wasm32-wasi", *objects, "-o", wasm, *LIBS])
    return wasm


def place(work, name, script):
    """A fresh folder with the script in it."""
    shutil.rmtree(work / name, ignore_errors=True)
    (work / name).mkdir()
    return Path(shutil.copy(script, work / name)).parent


def main():
    options, title = engine_options(NAME, sys.argv[1])
    singula, folder, work = (Path(a).resolve() for a in sys.argv[1:4])
    script = folder / "script.lua"
    need_wasm_tools(NAME)
    if not shutil.which("lua5.4"):
        skip(NAME, "lua5.4 is not installed")
    work.mkdir(parents=True, exist_ok=True)
    wasm = build(folder, work)
    count = Count(title)
    wanted = run(["lua5.4", script.name, *ARGS], cwd=place(work, "native", script))
    fine = wanted[0] == 3 and not wanted[2]
    count.case("the native lua5.4 runs the script", [] if fine else [f"{wanted[0]}: {wanted[2]}"])
    for mode in ("guard", "compact"):
        where = place(work, mode, script)
        code, out, err = run([singula, "run", *options, f"--memory={mode}", f"--dir={where}::/", "--audit", wasm,
                              "--", script.name, *ARGS])
        problems = [first_difference("stdout", wanted[1], out),
                    first_difference("stderr", wanted[2], err)]
        if code != wanted[0]:
            problems.append(f"exit status {code}, natively {wanted[0]}")
        left = sorted(p.name for p in where.iterdir())
        if left != [script.name]:
            problems.append(f"left behind: {left}")
        count.case(f"{mode}: {len(out.splitlines())} lines", [p for p in problems if p])
    # an error ends this build, by its stand-in's message and status; nothing else suffers
    code, out, err = run([singula, "run", *options, "--audit", wasm, "--", "-e",
                          "print('before') error('x') print('after')"])
    fine = code == 70 and out == b"before\n" and b"longjmp" in err
    count.case("an error ends it", [] if fine else [f"exit status {code}", str(out), str(err)])
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
