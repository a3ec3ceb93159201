#!/usr/bin/env python3
"""Every status code and every trap occurs in at least one test. usage: check_codes.py [ROOT]

Codes come from base/codes.def and base/traps.def; a test names them as they are printed (or with TRAP_ in C).
What the verifier refuses modules with (WASM_, STR_, LIM_) must be expected by a case file of tests/reject/. docs/CODES.md has a
section for each code, and for nothing else (tests/cli/codes_test.py verifies its examples)."""
import re
import sys
from pathlib import Path

from lintlib import report, sources

KINDS = (".c", ".h", ".wat", ".hex", ".py", ".sh", ".contract", ".txt", ".expect", ".def", ".json")


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    codes = re.findall(r"^CODE\((\w+)", (root / "base/codes.def").read_text(), re.M)
    traps = re.findall(r"^TRAP\((\w+)", (root / "base/traps.def").read_text(), re.M)
    words, cases = set(), set()
    for path in sources(root, KINDS):
        if path.startswith("tests/"):
            text = (root / path).read_text(errors="replace")
            words.update(re.findall(r"\w+", text))
            if path.startswith("tests/reject/"):
                cases.update(re.findall(r"^(?:;;|#) expect: (\w+)", text, re.M))
    bad = [f"base/codes.def: {c} occurs in no test" for c in codes if c not in words]
    bad += [f"base/codes.def: {c} is expected by no case of tests/reject/" for c in codes
            if c.startswith(("WASM_", "STR_", "LIM_")) and c not in cases]
    bad += [f"base/traps.def: {t} occurs in no test" for t in traps if t not in words and f"TRAP_{t}" not in words]
    page = re.findall(r"^### (\w+)$", (root / "docs/CODES.md").read_text(), re.M)
    bad += [f"docs/CODES.md: no section for {c}" for c in codes if c not in page]
    bad += [f"docs/CODES.md: {c} is no code, or there twice" for c in set(page) if c not in codes or page.count(c) > 1]
    return report("codes", bad)


if __name__ == "__main__":
    sys.exit(main())
