#!/usr/bin/env python3
"""Checks the models in this folder with spin, completely; every mutant that a model's head names must be refuted.
usage: models_test.py CC MODEL.pml...

A mutant is a line ` *   NAME  what is wrong` in the head of a model, and -DNAME. Without spin the test is skipped.
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CC, MODELS = sys.argv[1], [Path(p) for p in sys.argv[2:]]
passed = failed = 0


def case(name, holds, why):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"models: {name}: {why}")


def search(model, defines):
    """The number of errors that a search of all states finds, and what it printed."""
    with tempfile.TemporaryDirectory() as d:
        for f in model.parent.glob("*.pml"):
            shutil.copy(f, d)
        made = subprocess.run(["spin", "-a", *defines, model.name], cwd=d, capture_output=True, text=True)
        if made.returncode or not (Path(d) / "pan.c").exists():
            return None, made.stdout + made.stderr
        level = "-O0" if defines else "-O1"  # errors are found soon
        subprocess.run([CC, level, "-w", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=1024", "-o", "pan", "pan.c"], cwd=d, check=True)
        r = subprocess.run(["./pan", "-m100000"], cwd=d, capture_output=True, text=True, timeout=280)
        errors = re.search(r"errors: (\d+)", r.stdout)
        complete = "Search not completed" not in r.stdout and "max search depth too small" not in r.stdout
        return int(errors[1]) if errors and (complete or errors[1] != "0") else None, r.stdout + r.stderr


def main():
    if not shutil.which("spin"):
        print("models: spin is not installed\nmodels: 0 passed, 0 failed, 1 skipped")
        return 77
    for model in MODELS:
        errors, text = search(model, [])
        case(model.name, errors == 0, text)
        mutants = re.findall(r"^ \*   ([A-Z_]+) +\S", model.read_text(), re.M)
        case(f"{model.name} has mutants", mutants, "its head names none")
        for m in mutants:
            errors, text = search(model, [f"-D{m}"])
            case(f"{model.name} -D{m}", errors, f"not refuted\n{text}")
    print(f"models: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
