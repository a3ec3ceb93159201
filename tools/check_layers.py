#!/usr/bin/env python3
"""Checks every #include of the tree against tools/layers.txt. usage: check_layers.py [ROOT]"""
import re
import sys
from pathlib import Path

from lintlib import report, sources

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def load(path):
    """The three tables of layers.txt: rows, pure, only."""
    tables = {"row": {}, "pure": {}, "only": {}}
    for line in path.read_text().splitlines():
        line = line.split("#", 1)[0].strip()
        if not line:
            continue
        head, _, tail = line.partition(":")
        words = head.split()
        kind = words[0] if words[0] in ("pure", "only") else "row"
        tables[kind][words[-1]] = tail.split()
    return tables


def longest(table, path):
    """The key of the table that is the longest prefix of the path (or the path itself), or None."""
    hits = [k for k in table if path == k or (k.endswith("/") and path.startswith(k))]
    return max(hits, key=len, default=None)


def check_quoted(root, tables, path, name):
    row = longest(tables["row"], path)
    if row is None:
        return "belongs to no row of tools/layers.txt"
    if name.startswith("..") or "/../" in name:
        return f'"{name}": no ../ in includes'
    if path.startswith(("examples/", "bench/guests/", "tests/cgen/guests/", "tests/stress/guests/")) and "/" not in name:
        here = (root / path).parent
        if (here / name).exists() or (here / name).with_suffix(".contract").exists():
            return None
    if longest(tables["row"], name) is None:
        return f'"{name}" belongs to no layer (write the path from the root)'
    if not (root / name).exists():
        return f'"{name}" does not exist'
    if name.endswith("_int.h") and Path(name).parent != Path(path).parent and not path.startswith("tests/unit/"):
        return f'"{name}" is private to its folder'
    if longest({k: 1 for k in tables["row"][row]}, name) is None:
        return f'"{name}" is not for {row}'
    return None


def check_system(tables, path, name):
    for header, users in tables["only"].items():
        hit = name.startswith(header[:-1]) if header.endswith("*") else name == header
        if hit and longest({k: 1 for k in users}, path) is None:
            return f"<{name}> is for {', '.join(users) or 'nobody'} only"
    pure = longest(tables["pure"], path)
    if pure and name not in tables["pure"][pure]:
        return f"<{name}>: {pure} is pure"
    return None


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    tables = load(root / "tools/layers.txt")
    bad = []
    for path in sources(root, (".c", ".h", ".def", ".S")):
        text = (root / path).read_text(errors="replace")
        if longest(tables["row"], path) is None:
            bad.append(f"{path}: belongs to no row of tools/layers.txt")
            continue
        for m in INCLUDE.finditer(text):
            line = text.count("\n", 0, m.start(2)) + 1
            quoted, name = m.group(1) == '"', m.group(2)
            why = check_quoted(root, tables, path, name) if quoted else check_system(tables, path, name)
            if why:
                bad.append(f"{path}:{line}: {why}")
    return report("layers", bad)


if __name__ == "__main__":
    sys.exit(main())
