#!/usr/bin/env python3
"""Runs the command line's golden tests. usage: run_cases.py SINGULA EXAMPLES_BUILD SOURCE CASE_FILE... [--update] [--monitor|--no-monitor] [--engine=NAME] [--opt=LEVEL] [--workers=N]

A case file is a list of:
    file NAME                 a fixture: the indented lines below it
    wat NAME.wasm             the same, translated by wat2wasm; lines `;; contract: TEXT` as in tests/reject/convert.py
    copy PATH                 a file or folder of the built examples (EXAMPLES_BUILD/PATH; cases below are skipped if it is not there)
    case TITLE                a test: a command, what it prints and how it ends
        $ singula verify x.wasm
        expected line of the standard output; * stands for anything in a line
        ! expected line of the standard error
        ...                   any number of lines
        = 1                   exit status, 0 if left out
Commands are given to sh in a fresh folder per file, shared by its cases; `singula` is the one under test.

Of a .md file the ```console blocks are run: what follows a `$ command` is all that it prints, on both streams. The folder
then has examples/ from the sources and build-release/examples from the build. --update writes what is printed into the file.
Options from --monitor on are handed on to `singula run` and `singula up`.
"""
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reject"))
import convert


def entries(path):
    """(kind, title, body lines) of a case file."""
    found = []
    for line in path.read_text().splitlines():
        if line[:1] not in ("", " ", "#"):
            kind, _, title = line.partition(" ")
            found.append((kind, title.strip(), []))
        elif found and not line.startswith("#"):
            found[-1][2].append(line)
    return [(k, t, textwrap.dedent("\n".join(b)).strip("\n").split("\n")) for k, t, b in found]


def matches(expected, actual):
    """Lines with * and ... against lines."""
    if not expected:
        return not actual
    if expected[0] == "...":
        return any(matches(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    if not actual:
        return False
    pattern = expected[0].replace("[", "[[]").replace("?", "[?]")
    return fnmatch.fnmatchcase(actual[0], pattern) and matches(expected[1:], actual[1:])


def run_case(body, folder, env):
    """None if the case holds, else what is wrong."""
    command = body[0][2:]
    out, err, status = [], [], 0
    target = out
    for line in body[1:]:
        if re.fullmatch(r"= \d+", line):
            status = int(line[2:])
        elif line == "!" or line.startswith("! "):
            target = err
            err.append(line[2:])
        elif line == "...":
            target.append(line)
        else:
            target = out
            out.append(line)
    done = subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, timeout=120)
    got_out, got_err = done.stdout.splitlines(), done.stderr.splitlines()
    wrong = []
    if done.returncode != status:
        wrong.append(f"exit status {done.returncode}, expected {status}")
    if not matches(out, got_out):
        wrong.append("standard output is\n" + textwrap.indent(done.stdout, "    "))
    if not matches(err, got_err):
        wrong.append("standard error is\n" + textwrap.indent(done.stderr, "    "))
    return None if not wrong else f"$ {command}\n" + "\n".join(wrong)


def run_markdown(path, folder, env, update):
    """(passed, failed) of the commands in a document."""
    passed = failed = 0
    text = path.read_text()

    def block(m):
        nonlocal passed, failed
        new = []
        for part in re.split(r"^(?=\$ )", m.group(1), flags=re.M):
            if not part:
                continue
            command, _, expected = part.partition("\n")
            done = subprocess.run(["sh", "-c", command[2:]], cwd=folder, env=env, text=True, errors="replace",
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            good = matches(expected.splitlines(), done.stdout.splitlines())
            passed, failed = passed + good, failed + (not good)
            if not good and not update:
                print(f"{path.name}: {command}: FAILED, prints\n{textwrap.indent(done.stdout, '    ')}")
            new.append(part if good else f"{command}\n{done.stdout}")
        return "```console\n" + "".join(new) + "```"

    text = re.sub(r"```console\n(.*?)```", block, text, flags=re.S)
    if failed and not update:
        print(f"if that is right: run_cases.py {' '.join(sys.argv[1:])} --update")
    if update:
        path.write_text(text)
        passed, failed = passed + failed, 0
    return passed, failed


def install(singula, path, options):
    """The command that cases call `singula`; it gives the options to the commands that run guests."""
    if not options:
        path.symlink_to(singula)
        return
    path.write_text(f'#!/bin/sh\ncommand=$1\nshift\ncase $command in run|up) set -- {" ".join(options)} "$@" ;; esac\n'
                    f'exec "{singula}" "$command" "$@"\n')
    path.chmod(0o755)


def main():
    update = "--update" in sys.argv
    options = [a for a in sys.argv if a in ("--monitor", "--no-monitor") or a.startswith(("--engine=", "--opt=", "--workers="))]
    sys.argv = [a for a in sys.argv if a not in ("--update", *options)]
    singula, built, source = (Path(a).resolve() for a in sys.argv[1:4])
    passed = failed = skipped = 0
    for path in map(Path, sys.argv[4:]):
        folder = Path(tempfile.mkdtemp(prefix="singula-cli-"))
        (folder / "bin").mkdir()
        install(singula, folder / "bin/singula", options)
        env = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "LC_ALL": "C", "SOURCE": str(source),
               "XDG_CACHE_HOME": f"{folder}/cache"}
        missing = None
        if path.suffix == ".md":
            if not (built / "hello/hello.wasm").exists():
                print(f"{path.name}: skipped: the guests are not built")
                skipped += 1
                continue
            shutil.copytree(source / "examples", folder / "examples")
            shutil.copytree(built, folder / "build-release/examples")
            p, f = run_markdown(path, folder, env, update)
            passed, failed = passed + p, failed + f
            shutil.rmtree(folder)
            continue
        for kind, title, body in entries(path):
            if kind == "file":
                (folder / title).parent.mkdir(parents=True, exist_ok=True)
                (folder / title).write_text("\n".join(body) + "\n")
            elif kind == "wat":
                if not shutil.which("wat2wasm"):
                    missing = "wat2wasm (package wabt)"
                    continue
                text = "\n".join(body)
                (folder / "x.wat").write_text(text)
                subprocess.run(["wat2wasm", "--no-check", "--debug-names", "x.wat", "-o", title], cwd=folder, check=True)
                with open(folder / title, "ab") as f:
                    f.write(convert.custom_sections(convert.directives(text, ";;")))
            elif kind == "copy":
                if (built / title).is_dir():
                    shutil.copytree(built / title, folder / title)
                elif (built / title).exists():
                    shutil.copy(built / title, folder / Path(title).name)
                else:
                    missing = f"{title} (the guests are not built)"
            elif missing:
                print(f"{path.name}: {title}: skipped: needs {missing}")
                skipped += 1
            else:
                wrong = run_case(body, folder, env)
                passed, failed = passed + (wrong is None), failed + (wrong is not None)
                if wrong:
                    print(f"{path.name}: {title}: FAILED\n{textwrap.indent(wrong, '  ')}")
        shutil.rmtree(folder)
    print(f"cli-{'+'.join(Path(a).stem for a in sys.argv[4:])}{''.join(options)}: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 77 if not passed else 0


if __name__ == "__main__":
    sys.exit(main())
