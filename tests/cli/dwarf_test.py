#!/usr/bin/env python3
"""Source lines of refusals and traps out of DWARF, true and damaged. usage: dwarf_test.py SINGULA BAD_FOLDER [FLIPS]

Compiles cheat.c with -g: the places must be lines of it, at every level of optimisation. Then bytes of the debug sections are changed:
the verdict must stay, and no run may take long; what the lines say does not matter. A program that traps is run: its backtrace has lines."""
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def verify(singula, module, cwd):
    began = time.monotonic()
    out = subprocess.run([singula, "verify", "--format=json", module], cwd=cwd, capture_output=True, text=True, timeout=60)
    return out, json.loads(out.stdout)[0], time.monotonic() - began


TRAPS = """__attribute__((noinline)) int look(int n)
{
    return *(int *)(n * 0x7000000L);
}
int main(int argc, char **argv)
{
    (void)argv;
    return 1 + look(argc + 30);
}
"""


def backtrace(singula, folder, *options):
    """[(function, line)] of what is known of traps.c, from a run that ends with a trap there."""
    (folder / "traps.c").write_text(TRAPS)
    subprocess.run([singula, "cc", *options, "traps.c", "-o", "traps.wasm"], cwd=folder, check=True)
    out = subprocess.run([singula, "run", "traps.wasm"], cwd=folder, capture_output=True, text=True, timeout=60)
    assert "MEM_OOB" in out.stderr and "(byte 0x" in out.stderr, out.stderr
    return re.findall(r"\$(\w+) \+0x[0-9a-f]+ \(traps\.c:(\d+), byte 0x[0-9a-f]+\)$", out.stderr, re.M)


def leb(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def debug_ranges(data):
    """[(first, last + 1)] of the contents of custom sections .debug_*."""
    at, found = 8, []
    while at < len(data):
        kind = data[at]
        size, body = leb(data, at + 1)
        if kind == 0:
            n, name = leb(data, body)
            if data[name:name + 7] == b".debug_":
                found.append((name + n, body + size))
        at = body + size
    return found


def damage(rng, data, ranges):
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        first, last = rng.choice(ranges)
        at = rng.randrange(first, min(last, first + 64) if rng.random() < 0.3 else last)
        data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256), data[at] ^ 1 << rng.randrange(8)))
    return bytes(data)


def main():
    singula, bad = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    flips = int(sys.argv[3]) if len(sys.argv) > 3 else 150
    passed, wrong = 0, []
    with tempfile.TemporaryDirectory() as tmp:
        folder = Path(tmp)
        for name in ("cheat.c", "bad.contract"):
            (folder / name).write_text((bad / name).read_text())
        source = (folder / "cheat.c").read_text().splitlines()
        line_of = lambda text: 1 + next(i for i, s in enumerate(source) if text in s)
        for level in ("-O1", "-O2", "-O3", "-Os", "-Oz"):
            subprocess.run([singula, "cc", "-g", level, "--no-verify", "cheat.c", "bad.contract", "-o", "cheat.wasm"], cwd=folder,
                           check=True)
            _, r, _ = verify(singula, "cheat.wasm", folder)
            if "source" not in r and level == "-O1":
                print("dwarf_test: skipped: built without libdw")
                return 77
            places = [(r["code"], r["source"], r["source_line"])]
            places += [(n["what"], n["source"], n["source_line"]) for n in r["notes"]]
            want = [("OWN_USE_AFTER_MOVE", "cheat.c", line_of("Frame_seq_set")), ("sent", "cheat.c", line_of("send_Picture")),
                    ("allocated", "cheat.c", line_of("Frame_new"))]
            if places == want:
                passed += 1
            else:
                wrong.append(f"{level}: places {places}, wanted {want}")
        for options, want in (["-g", "-O1"], [("look", "3"), ("main", "8")]), (["-O1"], []):
            if (found := backtrace(singula, folder, *options)) == want:
                passed += 1
            else:
                wrong.append(f"backtrace {options}: {found}")
        rng, data = random.Random(1), (folder / "cheat.wasm").read_bytes()
        ranges = debug_ranges(data)
        for i in range(flips):
            (folder / "damaged.wasm").write_bytes(damage(rng, data, ranges))
            out, r, took = verify(singula, "damaged.wasm", folder)
            if out.returncode == 1 and r["code"] == "OWN_USE_AFTER_MOVE" and took < 30:
                passed += 1
            else:
                wrong.append(f"flip {i}: exit status {out.returncode}, {r.get('code')}, {took:.1f} s")
            if out.stderr:
                print(f"flip {i}: {out.stderr[:2000]}")
    for w in wrong:
        print(w)
    print(f"dwarf_test: {passed} passed, {len(wrong)} failed, 0 skipped")
    return 1 if wrong or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
