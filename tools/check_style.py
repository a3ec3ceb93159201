#!/usr/bin/env python3
"""Budgets and habits of the sources, and paths named in the docs. usage: check_style.py [ROOT]

- a C file has at most 600 lines, a function 60, a line 100 columns (exceptions: tools/budgets.txt)
- every INV-n of the sources is explained in docs/ARCHITECTURE.md
- no file names a folder of somebody's machine
- a path in backticks in a .md file exists, and so does every .md of docs/ that a source names
"""
import re
import sys
from pathlib import Path

from lintlib import report, sources

FILE_LINES, FUNCTION_LINES, COLUMNS = 600, 60, 100
MACHINE = re.compile(r"(?<![\w.])/(?:home|root|work|Users)/\w+")
DOC = re.compile(r"\bdocs/\w+\.md\b")
NAMED = re.compile(r"`([\w.-]+(?:/[\w.*-]+)*/?)`")


def exceptions(root):
    files, functions = {}, {}
    for line in (root / "tools/budgets.txt").read_text().splitlines():
        words = line.split("#", 1)[0].split()
        if words:
            (files if words[0] == "file" else functions)[words[1]] = int(words[2])
    return files, functions


def functions(lines):
    """(name, first line, length) of every function whose braces stand in column 0."""
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line == "}" and start is not None:
            head = i0 = start - 1
            while head > 0 and lines[head - 1] and lines[head][0] in " \t":
                head -= 1
            text = " ".join(lines[head : i0 + 1])
            m = re.search(r"(\w+)\s*\(", text)
            yield (m.group(1) if m else "?", head + 1, i - head + 1)
            start = None


def check_c(path, text, files, funcs):
    lines = text.splitlines()
    limit = files.get(path, FILE_LINES)
    if len(lines) > limit:
        yield f"{path}: {len(lines)} lines, allowed are {limit}"
    for i, line in enumerate(lines):
        if len(line) > COLUMNS:
            yield f"{path}:{i + 1}: {len(line)} columns, allowed are {COLUMNS}"
    for name, at, n in functions(lines):
        limit = funcs.get(f"{path}:{name}", FUNCTION_LINES)
        if n > limit:
            yield f"{path}:{at}: function {name} has {n} lines, allowed are {limit}"


def check_paths(root, path, text):
    for m in NAMED.finditer(text):
        name = m.group(1)
        first = name.split("/")[0]
        if "/" not in name or "*" in name or first == ".." or first.startswith("build") or not (root / first).is_dir():
            continue
        if not (root / name).exists() and not ((root / path).parent / name).exists():
            yield f"{path}:{text.count(chr(10), 0, m.start()) + 1}: `{name}` does not exist"


def check_invariants(root):
    """INV-n of the sources and of the table in docs/ARCHITECTURE.md are the same."""
    page = root / "docs/ARCHITECTURE.md"
    told = set(re.findall(r"^\| (INV-\d+)", page.read_text(), re.M)) if page.exists() else set()
    used = {}
    for path in sources(root, (".c", ".h", ".def")):
        for tag in re.findall(r"\bINV-\d+", (root / path).read_text(errors="replace")):
            used.setdefault(tag, path)
    for tag in sorted(used.keys() - told):
        yield f"{used[tag]}: {tag} is not in the table of docs/ARCHITECTURE.md"
    for tag in sorted(told - used.keys()):
        yield f"docs/ARCHITECTURE.md: {tag} is in no source"


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    files, funcs = exceptions(root)
    bad = []
    for path in sources(root, (".c", ".h")):
        bad += check_c(path, (root / path).read_text(errors="replace"), files, funcs)
    for path in sources(root, (".c", ".h", ".def", ".py", ".sh", ".md", ".build", ".txt", ".yaml", ".wat")):
        text = (root / path).read_text(errors="replace")
        for m in MACHINE.finditer(text):
            bad.append(f"{path}:{text.count(chr(10), 0, m.start()) + 1}: {m.group(0)} is a folder of one machine")
        for m in DOC.finditer(text):
            if path.endswith((".c", ".h", ".def")) and not (root / m.group(0)).exists():
                bad.append(f"{path}:{text.count(chr(10), 0, m.start()) + 1}: {m.group(0)} does not exist")
        if path.endswith(".md"):
            bad += check_paths(root, path, text)
    bad += check_invariants(root)
    return report("style", bad)


if __name__ == "__main__":
    sys.exit(main())
