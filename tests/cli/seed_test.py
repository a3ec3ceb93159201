#!/usr/bin/env python3
"""Runs that can be repeated. usage: seed_test.py SINGULA EXAMPLES_FOLDER

With the same seed the examples do the same, line by line of what the scheduler did; with another seed they do something else, and
still end as they should. Clocks and random numbers of guests follow the seed; waiting costs no time."""
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

singula, examples = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
work = Path(tempfile.mkdtemp(prefix="singula-seed-"))
passed = failed = 0

CHANCE = """#include <stdio.h>
#include <time.h>
#include <unistd.h>
int main(void)
{
    unsigned char r[8];
    struct timespec real, mono;
    getentropy(r, sizeof r);
    usleep(90000000);
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_MONOTONIC, &mono);
    printf("%02x%02x%02x%02x %lld.%09ld %lld.%09ld\\n", r[0], r[1], r[2], r[7], (long long)real.tv_sec, real.tv_nsec,
           (long long)mono.tv_sec, mono.tv_nsec);
    return 0;
}
"""
FAILING = """processes:
  - name: failing
    module: {examples}/crasher/crasher.wasm
    args: [exit, "3"]
    restart: on-failure
    max_restarts: 12
"""

BEHIND = """processes:
  - name: behind
    module: {examples}/hello/hello.wasm
    priority: background
  - name: first
    module: {examples}/hello/hello.wasm
"""


def case(name, ok, what=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"seed: {name}: {str(what)[:2000]}")


def run(*args):
    r = subprocess.run([singula, *map(str, args)], capture_output=True, text=True, timeout=120, cwd=work)
    return r.returncode, r.stdout, r.stderr


def traced(seed, *args):
    trace = work / "trace"
    r = run(*args, f"--seed={seed}", f"--trace={trace}")
    return r, trace.read_text()


def endings(run):
    """Its exit status and how each process ended, by the summary."""
    return run[0], sorted(re.findall(r"^\S+ +(?:exited|trapped|was|waited) .*$", run[2], re.M))


# Not `web`: without a client from outside it does nothing.
for name in ["cache", "camera", "crasher", "echo", "greedy", "pipeline", "spawner", "store"]:
    system = work / f"{name}.yaml"
    text = (examples / name / "system.yaml").read_text().replace('"64"', '"1"').replace("100ms", "1ms").replace("200ms", "1ms")
    system.write_text(text.replace("module: ", f"module: {examples}/{name}/"))
    a, b, c = (traced(seed, "up", "--audit", system) for seed in (42, 42, 43))
    case(f"{name}: the same seed prints the same", a[0] == b[0], (a[0], b[0]))
    case(f"{name}: the same seed does the same", a[1] == b[1] and len(a[1]) > 1000, len(a[1]))
    case(f"{name}: another seed does something else", a[1] != c[1])
    case(f"{name}: and ends in the same way", endings(a[0]) == endings(c[0]) and endings(a[0])[1], (a[0], c[0]))

(work / "chance.c").write_text(CHANCE)
r = run("cc", work / "chance.c", "-o", work / "chance.wasm")
case("the guest compiles", r[0] == 0, r)
began = time.monotonic()
a, b, c = (run("run", f"--seed={seed}", work / "chance.wasm") for seed in (1, 1, 2))
case("chance and clocks follow the seed", a == b and a[0] == 0, (a, b))
case("another seed, another chance", a[1].split()[:1] != c[1].split()[:1], (a, c))
case("90 s pass in a moment", time.monotonic() - began < 60)
real, mono = (float(t) for t in a[1].split()[1:3])
case("the virtual clocks", 91 <= mono < 92 and 1000000091 <= real < 1000000092, a[1])

(work / "failing.yaml").write_text(FAILING.format(examples=examples))
began = time.monotonic()
r, text = traced(9, "up", "--audit", work / "failing.yaml")
at = [float(line.split()[0]) for line in text.splitlines() if line.endswith("spawned")]
ends = [float(line.split()[0]) for line in text.splitlines() if ": 3" in line]
waits = [round(b - a, 1) for a, b in zip(ends, at[1:])]
case("restarts wait 0.1 s, then twice as long each time, at most 10 s",
     waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10, 10, 10, 10], waits)
case("of virtual time", time.monotonic() - began < 60)
case("as many as the manifest allows", len(at) == 13 and r[0] == 1 and "exited 3 after 12 restarts" in r[2], r)

r = run("up", "--audit", "--seed=5", "--timeout=1h", work / "always.yaml") if (work / "always.yaml").write_text(
    FAILING.format(examples=examples).replace("on-failure", "always").replace("    max_restarts: 12\n", "")) else None
case("an hour of the system is over soon, too", r[0] == 1 and re.search("exited 3 after 36[0-9] restarts", r[2]), r)

(work / "behind.yaml").write_text(BEHIND.format(examples=examples))
first = [re.search(" ([a-z]+) runs$", traced(seed, "up", work / "behind.yaml")[1], re.M) for seed in range(1, 9)]
case("who is in the background runs after the others, whatever their order", all(m and m[1] == "first" for m in first), first)

for args, says in [(["--trace=never"], "--trace: needs --seed"), (["--seed=0"], "--seed: \"0\" is not a number"),
                   (["--seed=1", "--engine=native"], "native cannot be used with --seed"),
                   (["--seed=1", "--trace=/nowhere/x"], "--trace: /nowhere/x: No such file")]:
    for command in (["run", work / "chance.wasm"], ["up", work / "failing.yaml"]):
        r = run(*command, *args)
        case(f"{command[0]} {args}", r[0] in (2, 125) and says in r[2], r)

print(f"seed: {passed} passed, {failed} failed, 0 skipped")
sys.exit(failed != 0)
