#!/usr/bin/env python3
"""Copies verifier sources with the seeded bugs of bugs.txt in them. usage: seed_bugs.py BUGS OUTDIR SOURCE...

Each bug is a piece of text that stands once in its file and what replaces it, in which BUG is true when that bug is chosen
at run time. White space does not count. Writes OUTDIR/seeded_NAME.c for each SOURCE and OUTDIR/seeded_table.c.
"""
import re
import sys
from pathlib import Path


def parse(text):
    """Bugs in order: name, title, equivalent, edits as lists [file, old, new]."""
    bugs = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        key, _, rest = line.partition(" ")
        if key == "bug":
            name, _, title = rest.partition(": ")
            bugs.append({"name": name, "title": title, "equivalent": "", "edits": []})
        elif key == "file":
            bugs[-1]["edits"].append([rest, "", ""])
        elif key in ("-", "+"):
            bugs[-1]["edits"][-1][1 + (key == "+")] += rest + "\n"
        elif key == "equivalent":
            bugs[-1]["equivalent"] = rest
        else:
            sys.exit(f"bugs.txt: {line}")
    return bugs


def apply(source, old, new):
    """The source with its one piece of text that reads `old` replaced; None if there is not exactly one."""
    found = list(re.finditer(r"\s+".join(re.escape(t) for t in old.split()), source))
    return source[: found[0].start()] + new.strip() + source[found[0].end() :] if len(found) == 1 else None


def main():
    bugs = parse(Path(sys.argv[1]).read_text())
    out = Path(sys.argv[2])
    sources = {Path(p).name: Path(p).read_text() for p in sys.argv[3:]}
    number = {b["name"]: i for i, b in enumerate(bugs, 1)}
    rows = []
    for b in bugs:
        def select(text):
            text = re.sub(r"\bBUG\(([\w-]+)\)", lambda m: f"IS({number[m.group(1)]})", text)
            return re.sub(r"\bBUG\b", f"IS({number[b['name']]})", text)

        changed = dict(sources)
        for name, old, new in b["edits"]:
            changed[name] = changed.get(name) and apply(changed[name], select(old), select(new))
        placed = None not in changed.values()
        sources = changed if placed else sources
        if not placed:
            print(f"seed_bugs: the place of {b['name']} is not there any more", file=sys.stderr)
        rows.append(f'    {{"{b["name"]}", "{b["title"]}", "{b["edits"][0][0]}", "{b["equivalent"]}", {int(placed)}}},')
    for name, text in sources.items():
        (out / f"seeded_{name}").write_text(f'extern unsigned seeded_bug, seeded_also;\n#define IS(n) (seeded_bug == (n) || seeded_also == (n))\n#line 1 "verifier/{name}"\n{text}')
    head = '#include "tests/soundness/seeded.h"\n\nconst struct seeded_row seeded_table[] = {\n'
    (out / "seeded_table.c").write_text(head + "\n".join(rows) + f"\n}};\nconst unsigned seeded_n = {len(rows)};\n")


main()
