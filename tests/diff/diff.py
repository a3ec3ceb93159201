#!/usr/bin/env python3
"""Random modules on every engine and memory mode: results, traps with their reports, memories and globals compared.

usage: diff.py --run DIFF_RUN [--modules N] [--seed S] [--csmith N] [--shapes N] [--settings A,B] [--keep DIR] [--one KIND:SEED]

A module depends on its seed alone. One in --csmith of them (default 10) is a C program, of the others one in --shapes
(default 2) is of shapes.py, the rest are wasm-opt's.
What is different is kept with its plan: `diff_run KEPT/module.wasm KEPT/plan` shows it again.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import generate  # noqa: E402

CPU_S = 120  # of one module on all engines: what it may take does not depend on what else the machine does
WALL_S = 1800  # of the same; it hangs


def execute(args, folder, cpu_ms):
    """(problem or None, (calls compared, traps, loads reordered))"""
    words = ["prlimit", f"--cpu={CPU_S}", args.run, *([f"--settings={args.settings}"] if args.settings else []),
             *(["--print"] if (folder / "answer").exists() else []), f"--cpu-ms={cpu_ms}",
             folder / "module.wasm", folder / "plan"]
    try:
        p = subprocess.run([str(w) for w in words], capture_output=True, timeout=WALL_S)
    except subprocess.TimeoutExpired:
        return f"no end within {WALL_S} s", (0, 0, 0)
    out = p.stdout.decode(errors="replace")
    if p.returncode:
        if p.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return f"no end within {CPU_S} s of CPU time, or killed", (0, 0, 0)
        died = f"died of {signal.Signals(-p.returncode).name}\n" if p.returncode < 0 else ""
        cut = "CPU_QUOTA ...\n" if "CPU_QUOTA" in out[:-3000] else ""  # what was logged may be long
        return died + cut + out[-3000:] + p.stderr.decode(errors="replace")[-1000:], (0, 0, 0)
    found = re.search(r"^calls (\d+) of \d+, traps (\d+), loads reordered (\d+)$", out, re.M)
    if not found:
        return "no count: " + out[-300:], (0, 0, 0)
    if (folder / "answer").exists() and int(found[1]):
        answer = (folder / "answer").read_text()
        if not all(f"    {line}\n" in out for line in answer.splitlines()):
            return f"the native program prints {answer}here\n{out[-2000:]}", (0, 0, 0)
    return None, tuple(map(int, found.groups()))


def keep(args, job, folder):
    if not args.keep:
        return ""
    to = Path(args.keep) / f"{job[0]}-{job[1]}"
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(folder, to)
    return f"kept in {to}\n"


def test(args, job):
    """(outcome, text, counts); outcome: same, different, unmade."""
    kind, seed = job
    with tempfile.TemporaryDirectory() as d:
        folder = Path(d)
        try:
            generate.MAKERS[kind](seed, folder)
        except generate.Unmade as e:
            return "unmade", str(e), (0, 0, 0)
        problem, counts = execute(args, folder, args.cpu_ms)
        if problem and "CPU_QUOTA" in problem: # SIPs are charged for what a busy machine takes from them
            problem, counts = execute(args, folder, 20 * args.cpu_ms)
        if problem:
            return "different", keep(args, job, folder) + problem, (0, 0, 0)
        return "same", "", counts


def kind_of(args, i):
    """The kind of the i-th module."""
    if args.csmith and i % args.csmith == args.csmith - 1:
        return "csmith"
    return "shapes" if args.shapes and i % args.shapes == args.shapes - 1 else "ttf"


def jobs_of(args):
    if args.one:
        kind, seed = args.one.split(":")
        return [(kind, int(seed))], []
    kinds = [k for k in generate.MAKERS if not generate.missing(k)]
    absent = [f"{k}: not installed: {', '.join(generate.missing(k))}" for k in generate.MAKERS if k not in kinds]
    jobs = [(kind_of(args, i), args.seed + i) for i in range(args.modules)]
    return [j for j in jobs if j[0] in kinds], absent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", default=str(Path(__file__).parents[2] / "build-release/tests/diff/diff_run"))
    parser.add_argument("--modules", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--csmith", type=int, default=10)
    parser.add_argument("--shapes", type=int, default=2)
    parser.add_argument("--cpu-ms", type=int, default=300)
    parser.add_argument("--settings")
    parser.add_argument("--keep")
    parser.add_argument("--one")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    args = parser.parse_args()
    jobs, absent = jobs_of(args)
    for line in absent:
        print(f"diff: skipped: {line}")
    count = {"same": 0, "different": 0, "unmade": 0}
    totals = (0, 0, 0)
    began = time.monotonic()
    with ThreadPoolExecutor(max_workers=args.jobs) as pool:
        for job, (outcome, text, counts) in zip(jobs, pool.map(lambda j: test(args, j), jobs)):
            count[outcome] += 1
            totals = tuple(map(sum, zip(totals, counts)))
            if outcome == "different" or (text and args.one):
                print(f"diff: {job[0]}:{job[1]}: {outcome}: {text}", flush=True)
    print(f"diff: {len(jobs)} seeds, {count['unmade']} of which made no module; {totals[0]} calls compared, "
          f"{totals[1]} traps, {totals[2]} loads that trapped before others did; {time.monotonic() - began:.0f} s")
    bad = count["different"] > 0 or (jobs and count["same"] < len(jobs) // 2)
    print(f"diff: {count['same']} passed, {count['different']} failed, {len(absent)} skipped")
    return 1 if bad else 77 if not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
