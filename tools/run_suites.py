#!/usr/bin/env python3
"""Runs test suites of a build folder and adds up what their runners count.

usage: run_suites.py BUILD [--label=TEXT] [--sum=FILE] SUITE...

One line per suite; what a failed test printed follows it. A runner's own count is its last line
`NAME: N passed, N failed, N skipped`, or Check's `100%: Checks: N, Failures: N, Errors: N`; a test
without either counts as one. Exit status 77 is one skipped. Counts are appended to the --sum file.
"""
import argparse
import json
import re
import subprocess
import sys
import time
from pathlib import Path

COUNT = re.compile(r"^\S+: (\d+) passed, (\d+) failed, (\d+) skipped", re.M)
CHECK = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.M)


def count(test):
    """(passed, failed, skipped) of one entry of meson's testlog.json."""
    out, code = test.get("stdout", ""), test["returncode"]
    if code == 77:
        return 0, 0, 1
    found = COUNT.findall(out)
    if found:
        p, f, s = map(int, found[-1])
    else:
        p = f = s = 0
        for checks, failures, errors in CHECK.findall(out):
            f += int(failures) + int(errors)
            p += int(checks) - int(failures) - int(errors)
    good = test["result"] in ("OK", "EXPECTEDFAIL")
    if p + f + s == 0:
        p, f = (1, 0) if good else (0, 1)
    if not good and f == 0:
        f = 1
    return p, f, s


def run(build, suite):
    """Entries of testlog.json of the suite's tests."""
    log = Path(build) / "meson-logs/testlog.json"
    log.unlink(missing_ok=True)
    subprocess.run(["meson", "test", "-C", build, "--suite", suite, "--no-rebuild", "-q"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def show_failure(test):
    print(f"  {test['name']}: {test['result']} (exit status {test['returncode']})")
    text = test.get("stdout", "") + test.get("stderr", "")
    for line in text.splitlines()[-25:]:
        print(f"    {line}")


def main():
    args = argparse.ArgumentParser()
    args.add_argument("build")
    args.add_argument("suites", nargs="+")
    args.add_argument("--label", default="")
    args.add_argument("--sum")
    args = args.parse_args()
    bad = False
    for suite in args.suites:
        start = time.monotonic()
        tests = run(args.build, suite)
        counts = [count(t) for t in tests] or [(0, 1, 0)]
        p, f, s = (sum(c[i] for c in counts) for i in range(3))
        seconds = time.monotonic() - start
        print(f"{args.label + suite:<16} {p} passed, {f} failed, {s} skipped  ({seconds:.1f} s)", flush=True)
        if not tests:
            print(f"  there is no test in suite {suite}")
        for test, c in zip(tests, counts):
            if c[1]:
                show_failure(test)
            elif c[2] and test["returncode"] == 77:
                lines = (test.get("stdout", "") + test.get("stderr", "")).strip().splitlines()
                print(f"  {test['name']}: skipped: {lines[-1] if lines else 'no reason given'}")
        bad |= f > 0
        if args.sum:
            with open(args.sum, "a") as out:
                out.write(f"{p} {f} {s}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
