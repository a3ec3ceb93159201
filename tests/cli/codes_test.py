#!/usr/bin/env python3
"""Verifies the examples of docs/CODES.md. usage: codes_test.py SINGULA CONVERT_FOLDER CODES.md [WAT2WASM]

Each section `### CODE` may have examples: ```wat and ```hex blocks are modules (in the notation of tests/reject/convert.py),
```contract blocks are contracts; each must be refused with exactly that code. `singula verify --explain-code` must print the section,
and --list-codes must list it."""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def sections(text):
    """(code, its part of the page)"""
    parts = re.split(r"^(?=### |## )", text, flags=re.M)
    return [(re.match(r"### (\w+)\n", p).group(1), p) for p in parts if p.startswith("### ")]


def examples(part):
    return re.findall(r"^```(wat|hex|contract)\n(.*?)^```$", part, re.M | re.S)


def code_of_module(singula, convert, wat2wasm, folder, kind, text):
    module = folder / "example.wasm"
    if kind == "hex":
        convert.write_sparse(module, convert.assemble(text))
    else:
        (folder / "example.wat").write_text(text)
        subprocess.run([wat2wasm, "--no-check", str(folder / "example.wat"), "-o", str(module)], check=True)
        with open(module, "ab") as f:
            f.write(convert.custom_sections(convert.directives(text, ";;")))
    out = subprocess.run([singula, "verify", "--format=json", str(module)], capture_output=True, text=True).stdout
    return json.loads(out)[0].get("code", "OK")


def code_of_contract(singula, folder, text):
    (folder / "example.contract").write_text(text)
    out = subprocess.run([singula, "contract", "check", str(folder / "example.contract")], capture_output=True, text=True)
    found = re.search(r"\b((?:CON|LIM)_\w+)", out.stdout + out.stderr)
    return found.group(1) if found else "OK"


def main():
    singula, folder, page, wat2wasm = sys.argv[1:5]
    sys.path.insert(0, folder)
    import convert
    passed = failed = 0
    listed = subprocess.run([singula, "verify", "--list-codes"], capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory() as tmp:
        for code, part in sections(Path(page).read_text()):
            wrong = []
            for kind, text in examples(part):
                found = (code_of_contract(singula, Path(tmp), text) if kind == "contract" else
                         code_of_module(singula, convert, wat2wasm, Path(tmp), kind, text))
                if found != code:
                    wrong.append(f"an example is refused with {found}")
            if not examples(part) and not code.startswith("E_") and "tests/" not in part:
                wrong.append("no example, and no test named instead")
            shown = subprocess.run([singula, "verify", "--explain-code", code], capture_output=True, text=True)
            if shown.returncode != 0 or shown.stdout.strip() != part.strip():
                wrong.append("--explain-code prints something else")
            if not re.search(rf"^{code} ", listed, re.M):
                wrong.append("--list-codes does not list it")
            passed, failed = passed + (not wrong), failed + bool(wrong)
            for w in wrong:
                print(f"{page}: {code}: {w}")
    print(f"codes_test: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
