#!/usr/bin/env python3
"""Every example of docs/CONTRACTS.md. usage: docs_test.py SINGULA LIST_IMPORTS docs/CONTRACTS.md CODES.DEF

    ```contract [NAME.contract]              is accepted; what its title names is used by later examples
    ```contract refused CODE line:column     is refused there, for that
    ```imports NAME.contract                 lines of what list_imports prints
    ```c NAME.contract                       compiles without a warning against its header
and every code that the contract layer has occurs in an example, or is explained in words."""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FLAGS = ["--target=wasm32-wasi", "-O2", "-Wall", "-Wextra", "-Werror", "-Xclang", "-fsanitize=fuzzer-no-link",
         "-fno-slp-vectorize", "-fno-vectorize"]


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True)


def example(singula, list_imports, work, title, body):
    """None if the example holds, else what is wrong."""
    kind, *rest = title.split()
    if kind == "contract":
        refused = rest[:1] == ["refused"]
        path = work / (rest[0] if rest and not refused else "example.contract")
        path.write_text(body)
        done = run(singula, "contract", "check", path)
        if not refused:
            return None if done.returncode == 0 else done.stderr
        wanted = f"{path}:{rest[2]}: {rest[1]}:"
        return None if done.returncode == 1 and done.stderr.startswith(wanted) else f"not {wanted}\n{done.stderr}"
    if kind == "imports":
        lines = run(list_imports, work / rest[0]).stdout.splitlines()
        missing = [line for line in body.splitlines() if line not in lines]
        return f"no such import: {missing}" if missing else None
    if kind == "c":
        if not shutil.which("clang-19"):
            return "skipped"
        header = work / (Path(rest[0]).stem + ".h")
        header.write_text(run(singula, "contract", "bindgen", work / rest[0]).stdout)
        (work / "example.c").write_text(body)
        done = run("clang-19", *FLAGS, "-I", work, "-c", work / "example.c", "-o", work / "example.o")
        return None if done.returncode == 0 else done.stderr
    return "unknown kind of example"


def main():
    singula, list_imports, page, codes = sys.argv[1:5]
    text = Path(page).read_text()
    blocks = re.findall(r"^```(\S[^\n]*)\n(.*?)^```$", text, re.M | re.S)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with tempfile.TemporaryDirectory() as work:
        for title, body in blocks:
            wrong = example(singula, list_imports, Path(work), title, body)
            counts["passed" if wrong is None else "skipped" if wrong == "skipped" else "failed"] += 1
            if wrong not in (None, "skipped"):
                print(f"{page}: {title}: {wrong}")
    for code in re.findall(r"^CODE\((CON_\w+|LIM_CONTRACT)", Path(codes).read_text(), re.M):
        if f"**{code}**" not in text:
            counts["failed"] += 1
            print(f"{page}: {code} is not explained")
    assert counts["passed"] > 20
    print("contract-docs: " + ", ".join(f"{n} {what}" for what, n in counts.items()))
    return counts["failed"] != 0


if __name__ == "__main__":
    sys.exit(main())
