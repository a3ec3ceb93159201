#!/usr/bin/env python3
"""Runs `singula verify` on every case of an index made by convert.py. usage: check_cli.py SINGULA INDEX [OPTION...]"""
import json
import subprocess
import sys
from pathlib import Path


def main():
    singula, index, *options = sys.argv[1:]
    cases = [line.split() for line in Path(index).read_text().splitlines()]
    out = subprocess.run([singula, "verify", "--format=json", *options] + [c[0] for c in cases], capture_output=True, text=True)
    results = {r["file"]: r for r in json.loads(out.stdout)}
    passed = failed = 0
    for path, code, func, offset, *_ in cases:
        r = results[path]
        got = [r.get("code", "OK"), str(r.get("func", "-")), str(r.get("offset", "-"))]
        want = [code] + [g if w == "-" else w for w, g in zip((func, offset), got[1:])]
        if got == want:
            passed += 1
        else:
            failed += 1
            print(f"{path}: wanted {want}, found {got}")
    if out.returncode != (1 if any(c[1] != "OK" for c in cases) else 0):
        failed += 1
        print(f"exit status {out.returncode}")
    print(f"check_cli: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
