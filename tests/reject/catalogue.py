#!/usr/bin/env python3
"""The catalogue of mistakes that the ownership proof refuses: a folder per class.

usage: catalogue.py          prints the table of tests/reject/README.md
       catalogue.py --check  the table is up to date, and every class has enough cases"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REFUSED, ACCEPTED = HERE / "ownership", HERE.parent / "accept/ownership"
REFUSED_MIN, ACCEPTED_MIN = 3, 2
BEGIN, END = "<!-- catalogue.py: begin -->\n", "<!-- end -->\n"


def cases(folder):
    return sorted(p for p in folder.iterdir() if p.suffix in (".wat", ".hex")) if folder.is_dir() else []


def head(path):
    """The lines before the first directive: what the case is about."""
    lines = [re.sub(r"^(;;|#) ?", "", line) for line in path.read_text().splitlines()]
    about = lines[:next(i for i, line in enumerate(lines) if re.match(r"\w[\w-]*: ?", line))]
    return " ".join(about)


def codes(paths):
    found = [re.search(r"^(?:;;|#) expect: (\w+)", p.read_text(), re.M)[1] for p in paths]
    return sorted(set(found), key=lambda c: (-found.count(c), c))


def table():
    rows = ["| class | the direct case | codes |\n|---|---|---|\n"]
    for folder in sorted(p for p in REFUSED.iterdir() if p.is_dir()):
        direct = folder / "direct.wat"
        about = head(direct if direct.exists() else cases(folder)[0]).replace("|", "\\|")
        rows.append(f"| `{folder.name}` | {about} | {', '.join(codes(cases(folder)))} |\n")
    return "".join(rows)


def shortages():
    """Of the numbered classes; some of structure (str-) need modules of a size that only a program writes."""
    for folder in sorted(p for p in REFUSED.iterdir() if re.match(r"(own|typ|con)-\d\d-", p.name)):
        refused, accepted = len(cases(folder)), len(cases(ACCEPTED / folder.name))
        if refused < REFUSED_MIN or accepted < ACCEPTED_MIN:
            yield f"{folder.name}: {refused} refused, {accepted} accepted; at least {REFUSED_MIN} and {ACCEPTED_MIN} are due"


def main():
    if sys.argv[1:] != ["--check"]:
        sys.stdout.write(table())
        return 0
    bad = list(shortages())
    if BEGIN + table() + END not in (HERE / "README.md").read_text():
        bad.append("README.md: the table is not what catalogue.py prints")
    for line in bad:
        print(line)
    refused = sum(len(cases(p)) for p in REFUSED.iterdir() if p.is_dir())
    accepted = sum(len(cases(p)) for p in ACCEPTED.iterdir() if p.is_dir())
    print(f"catalogue: {refused} refused and {accepted} accepted modules")
    print(f"catalogue: {1 - bool(bad)} passed, {len(bad)} failed, 0 skipped")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
