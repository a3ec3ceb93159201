#!/usr/bin/env python3
"""The catalogue of mistakes that the ownership proof refuses: a folder per class.

usage: catalogue.py          prints each class: its direct case, its codes, how many modules are refused and accepted
       catalogue.py --check  every class has enough cases, docs/CODES.md says which code its direct case gets, and every refused
                             case says what the monitor does"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REFUSED, ACCEPTED = HERE / "ownership", HERE.parent / "accept/ownership"
REFUSED_MIN, ACCEPTED_MIN = 3, 2
CODES = HERE.parent.parent / "docs/CODES.md"


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


def classes():
    return sorted(p for p in REFUSED.iterdir() if p.is_dir())


def direct(folder):
    return folder / "direct.wat" if (folder / "direct.wat").exists() else cases(folder)[0]


def list_classes():
    for folder in classes():
        print(f"{folder.name}: {head(direct(folder))}\n    {', '.join(codes(cases(folder)))};"
              f" {len(cases(folder))} refused, {len(cases(ACCEPTED / folder.name))} accepted")


def shortages():
    """Of the numbered classes; some of structure (str-) need modules of a size that only a program writes."""
    for folder in classes():
        refused, accepted = len(cases(folder)), len(cases(ACCEPTED / folder.name))
        if re.match(r"(own|typ|con)-\d\d-", folder.name) and (refused < REFUSED_MIN or accepted < ACCEPTED_MIN):
            yield f"{folder.name}: {refused} refused, {accepted} accepted; at least {REFUSED_MIN} and {ACCEPTED_MIN} are due"


def documented():
    """{class: codes} of the table in docs/CODES.md, whose rows begin with classes like `own-01, 05, 08 to 13`."""
    found = {}
    for family, numbers, row in re.findall(r"^\| (own|typ|con|str)-([\d, to]+) \|.*\| (.*) \|$", CODES.read_text(), re.M):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", numbers):
            for n in range(int(first), int(last or first) + 1):
                found[f"{family}-{n:02}"] = row
    return found


def undocumented():
    rows = documented()
    for folder in classes():
        if not re.match(r"(own|typ|con|str)-\d\d-", folder.name):
            continue
        row, (code,) = rows.get(folder.name[:6], ""), codes([direct(folder)])
        if code not in row and not row.startswith("allowed"):
            yield f"docs/CODES.md: the row of {folder.name[:6]} does not say {code}"


def unwatched():
    """A refused case says what the monitor does about it, or why it can do nothing."""
    for path in sorted(REFUSED.rglob("*.wat")):
        if not re.search(r"^;; monitor: (MON_\w+|X_\w+|- \w.*)$", path.read_text(), re.M):
            yield f"{path.relative_to(HERE)}: no line `monitor:`"


def main():
    if sys.argv[1:] != ["--check"]:
        list_classes()
        return 0
    bad = [*shortages(), *undocumented(), *unwatched()]
    for line in bad:
        print(line)
    refused = sum(len(cases(p)) for p in classes())
    accepted = sum(len(cases(ACCEPTED / p.name)) for p in classes())
    print(f"catalogue: {refused} refused and {accepted} accepted modules")
    print(f"catalogue: {1 - bool(bad)} passed, {len(bad)} failed, 0 skipped")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
