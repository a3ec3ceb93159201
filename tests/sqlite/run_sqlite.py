#!/usr/bin/env python3
"""SQLite from Debian's source package, compiled for WASI: verified, and run as the native library does.

usage: run_sqlite.py SINGULA FOLDER WORK [--engine=NAME] [--opt=LEVEL]
The source is fetched by apt and kept in WORK, with what is made of it: WORK/sqlite.wasm is also what `singula bench verify`
is measured on. Skips when there is no way to get the source. All that is added to SQLite is shell.c."""
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "wasi"))
from guestlib import Count, debian_source, engine_options, first_difference, is_new, need_wasm_tools, run, run_tool, skip

NAME = "sqlite"
FLAGS = ["-O2", "-DSQLITE_OS_OTHER=1", "-DSQLITE_THREADSAFE=0", "-DSQLITE_OMIT_LOAD_EXTENSION", "-DSQLITE_OMIT_WAL",
         "-DSQLITE_TEMP_STORE=3", "-DSQLITE_ENABLE_FTS3", "-DSQLITE_ENABLE_FTS5", "-DSQLITE_ENABLE_RTREE",
         "-DSQLITE_ENABLE_SESSION", "-DSQLITE_ENABLE_PREUPDATE_HOOK"]


def amalgamation(work):
    """The folder with sqlite3.c and sqlite3.h."""
    archive = debian_source(NAME, "sqlite3", work)
    made = work / "amalgamation"
    if is_new(made / "sqlite3.c", archive):
        return made
    if not shutil.which("tclsh"):
        skip(NAME, "tcl is not installed")
    with tarfile.open(archive) as t:
        t.extractall(work / "source")
    source = next((work / "source").glob("sqlite3-*/configure"), None)
    if not source:
        sys.exit(f"{archive}: holds no sqlite3-*/configure")
    made.mkdir(exist_ok=True)
    for command in ([source, "--disable-tcl", "--disable-readline"], ["make", "sqlite3.c"]):
        p = subprocess.run(list(map(str, command)), cwd=made, capture_output=True, text=True)
        if p.returncode != 0:
            sys.exit(f"{command[0]}: exit status {p.returncode}\n{p.stdout[-2000:]}{p.stderr[-2000:]}")
    return made


def build(folder, work):
    """sqlite.wasm."""
    made = amalgamation(work)
    wasm, shell = work / "sqlite.wasm", folder / "shell.c"
    if is_new(wasm, shell, made / "sqlite3.c"):
        return wasm
    objects = []
    for source in (made / "sqlite3.c", shell):
        objects.append(work / (source.stem + ".o"))
        run_tool(["clang-19", "--target=wasm32-wasi", *FLAGS, f"-I{made}", "-c", source, "-o", objects[-1]])
    run_tool(["clang-19", "--target=wasm32-wasi", "-Wl,--strip-debug", *objects, "-o", wasm])
    return wasm


def native(script):
    """What Python's copy of the library says to the same."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    out, statement = [], ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            out += ["|".join("" if v is None else str(v) for v in row) for row in db.execute(statement)]
            statement = ""
    return "".join(line + "\n" for line in out).encode()


def main():
    options, title = engine_options(NAME, sys.argv[1])
    singula, folder, work = (Path(a).resolve() for a in sys.argv[1:4])
    need_wasm_tools(NAME)
    work.mkdir(parents=True, exist_ok=True)
    wasm = build(folder, work)
    count = Count(title)
    script = (folder / "script.sql").read_text()
    wanted = native(script)
    for mode in ("guard", "compact"):
        code, out, err = run([singula, "run", *options, f"--memory={mode}", "--audit", wasm], stdin=script.encode())
        problems = [first_difference("stdout", wanted, out), first_difference("stderr", b"", err)]
        if code != 0:
            problems.append(f"exit status {code}")
        count.case(f"{mode}: {len(out.splitlines())} lines", [p for p in problems if p])
    code, out, err = run([singula, "run", *options, wasm], stdin=b"select 1; select nonsense;")
    fine = code == 1 and out == b"1\n" and b"nonsense" in err
    count.case("a wrong statement", [] if fine else [f"exit status {code}", str(out), str(err)])
    return count.end()


if __name__ == "__main__":
    sys.exit(main())
