#!/usr/bin/env python3
"""Runs `singula verify` on every case of an index made by convert.py. usage: check_cli.py SINGULA INDEX [OPTION...] [--update]

Code, function and offset must be as the case says. The whole text of a refusal is compared with the file CASE.txt beside CASE.wat, if
there is one; a case `direct.wat` of a class must have one. --update writes these files: read what it wrote."""
import json
import subprocess
import sys
from pathlib import Path


def index_of(path):
    """{module: (code, func, offset, source)}"""
    cases = {}
    for line in Path(path).read_text().splitlines():
        module, code, func, offset, _, source = line.split()
        cases[module] = (code, func, offset, Path(source))
    return cases


def run_json(singula, cases, options):
    """([what is wrong], number of cases that hold)"""
    out = subprocess.run([singula, "verify", "--format=json", *options] + list(cases), capture_output=True, text=True)
    results = {r["file"]: r for r in json.loads(out.stdout)}
    wrong = []
    for module, (code, func, offset, source) in cases.items():
        r = results[module]
        got = [r.get("code", "OK"), str(r.get("func", "-")), str(r.get("offset", "-"))]
        want = [code] + [g if w == "-" else w for w, g in zip((func, offset), got[1:])]
        if got != want:
            wrong.append(f"{source}: wanted {want}, found {got}")
    passed = len(cases) - len(wrong)
    if out.returncode != (1 if any(c[0] != "OK" for c in cases.values()) else 0):
        wrong.append(f"exit status {out.returncode}")
    return wrong, passed


def refusal(singula, module, source, options):
    """The text of a refusal, with the case's name for the module's path."""
    out = subprocess.run([singula, "verify", *options, module], capture_output=True, text=True).stdout
    return out.replace(module, source.stem + ".wasm")


def run_golden(singula, cases, options, update):
    wrong, passed = [], 0
    for module, (code, _, _, source) in cases.items():
        golden = source.with_suffix(".txt")
        if code == "OK" or not (golden.exists() or source.stem == "direct"):
            continue
        text = refusal(singula, module, source, options)
        if update:
            golden.write_text(text)
        if not golden.exists():
            wrong.append(f"{golden} is missing; --update makes it:\n{text}")
        elif golden.read_text() != text:
            wrong.append(f"{golden}: the text is now\n{text}")
        else:
            passed += 1
    return wrong, passed


def main():
    update = "--update" in sys.argv
    singula, index, *options = [a for a in sys.argv[1:] if a != "--update"]
    cases = index_of(index)
    wrong, passed = run_json(singula, cases, options)
    wrong_texts, passed_texts = run_golden(singula, cases, options, update)
    for w in wrong + wrong_texts:
        print(w)
    if wrong_texts:
        print(f"if that is right: check_cli.py {' '.join(sys.argv[1:])} --update")
    failed = len(wrong) + len(wrong_texts)
    print(f"check_cli: {passed + passed_texts} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
