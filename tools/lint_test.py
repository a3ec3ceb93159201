#!/usr/bin/env python3
"""The lint scripts find what they look for: each case plants one violation in a small tree. usage: lint_test.py"""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TOOLS = Path(__file__).resolve().parent

CLEAN = {
    "base/a.h": "#ifndef BASE_A_H\n#define BASE_A_H\n#include <stdint.h>\n#endif\n",
    "base/a.c": '#include "base/a.h"\n\nint a(void)\n{\n    return 1;\n}\n',
    "base/codes.def": 'CODE(E_ONE, "one", "")\n',
    "base/traps.def": 'TRAP(TWO, "two")\n',
    "verifier/v.c": '#include "base/a.h"\n',
    "runtime/engine/e.c": '#include "base/a.h"\n',
    "cli/c.c": '#include <jansson.h>\n',
    "tests/unit/a_test.c": "/* E_ONE TRAP_TWO */\n",
    "docs/CODES.md": "### E_ONE\n",
    "README.md": "See `base/a.c`.\n",
}

# script, file, contents, what the finding must say
CASES = [
    ("layers", "base/up.c", '#include "verifier/v.h"\n', "verifier/v.h"),
    ("layers", "base/up.c", '#include "../base/a.h"\n', "no ../"),
    ("layers", "base/up.c", '#include "a.h"\n', "belongs to no layer"),
    ("layers", "verifier/up.c", '#include "base/a_int.h"\n', "private"),
    ("layers", "runtime/engine/raw.c", '#include "verifier/decode.h"\n', "not for runtime/engine/"),
    ("layers", "elsewhere/x.c", "int x;\n", "belongs to no row"),
    ("layers", "verifier/os.c", "#include <unistd.h>\n", "pure"),
    ("layers", "runtime/engine/l.c", "#include <llvm-c/Core.h>\n", "llvm-c"),
    ("layers", "cli/j.c", "#include <setjmp.h>\n", "nobody"),
    ("style", "base/long.c", "int x;\n" * 601, "601 lines"),
    ("style", "base/wide.c", "/* " + "x" * 100 + " */\n", "columns"),
    ("style", "base/deep.c", "int f(void)\n{\n" + "    ;\n" * 60 + "}\n", "function f has 63"),
    ("style", "README.md", "See `base/gone.c`.\n", "does not exist"),
    ("style", "base/inv.c", "/* INV-77 */\n", "INV-77 is not in the table"),
    ("style", "base/doc.c", "/* docs/GONE.md */\n", "does not exist"),
    ("style", "tools/x.py", 'path = "' + "/ho" + 'me/somebody/x"\n', "one machine"),
    ("headers", "base/needy.h", "uint32_t needy(void);\n", "does not compile alone"),
    ("codes", "base/codes.def", 'CODE(E_ONE, "one", "")\nCODE(E_NEW, "new", "")\n', "E_NEW"),
    ("codes", "base/codes.def", 'CODE(E_ONE, "one", "")\nCODE(LIM_X, "x", "")\n/* LIM_X */\n', "no case of tests/reject/"),
    ("codes", "docs/CODES.md", "### E_TWO\n", "no section for E_ONE"),
    ("codes", "docs/CODES.md", "### E_ONE\n### E_TWO\n", "E_TWO is no code"),
    ("codes", "base/traps.def", 'TRAP(TWO, "two")\nTRAP(NEW, "new")\n', "NEW"),
]

# files that the planted includes name, so that only the rule under test can fire
PRESENT = ["verifier/v.h", "verifier/decode.h", "base/a_int.h"]


def plant(root, files):
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def tree():
    root = Path(tempfile.mkdtemp(prefix="singula-lint-"))
    plant(root, CLEAN)
    plant(root, {p: "" for p in PRESENT})
    (root / "tools").mkdir()
    for name in ("layers.txt", "budgets.txt"):
        shutil.copy(TOOLS / name, root / "tools" / name)
    return root


def run(script, root):
    done = subprocess.run([sys.executable, TOOLS / f"check_{script}.py", root], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def abi_finds():
    """A library that exports one function too many and lacks one."""
    folder = Path(tempfile.mkdtemp(prefix="singula-lint-"))
    (folder / "x.h").write_text("SINGULA_API int f(void);\nSINGULA_API const char *g(int x);\n")
    (folder / "x.c").write_text("int f(void) { return 0; }\nint h(void) { return 0; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "x.c", "-o", "x.so"], cwd=folder, check=True)
    done = subprocess.run([sys.executable, TOOLS / "check_abi.py", folder / "x.so", folder / "x.h"],
                          capture_output=True, text=True)
    shutil.rmtree(folder)
    return done.returncode == 1 and "h is exported" in done.stdout and "g is in" in done.stdout and "f is" not in done.stdout


def main():
    passed, failed = (1, 0) if abi_finds() else (0, 1)
    if failed:
        print("abi: does not find what was planted")
    for script in ("layers", "style", "headers", "codes"):
        root = tree()
        code, out = run(script, root)
        ok = code == 0
        passed, failed = passed + ok, failed + (not ok)
        if not ok:
            print(f"{script}: complains about a clean tree:\n{out}")
        shutil.rmtree(root)
    for script, path, text, expect in CASES:
        root = tree()
        plant(root, {path: text})
        code, out = run(script, root)
        ok = code == 1 and expect in out
        passed, failed = passed + ok, failed + (not ok)
        if not ok:
            print(f"{script}: does not find what was planted in {path} ({expect}):\n{out}")
        shutil.rmtree(root)
    print(f"lint-selftest: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
