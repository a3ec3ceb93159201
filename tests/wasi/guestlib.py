"""Shared by the runners of C guests: tools, compiling, running, and the final line."""
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
WASM_FILES = ("/usr/include/wasm32-wasi/stdio.h",
              "/usr/lib/llvm-19/lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a")


def skip(name, why):
    """Ends the program as skipped, with the reason."""
    print(f"{name}: skipped: {why}")
    print(f"{name}: 0 passed, 0 failed, 1 skipped")
    sys.exit(77)


def engine_options(name, singula):
    """Takes --engine=NAME and --opt=LEVEL out of our arguments: options for `singula run`, and what to call the test.
    Skips where machine code is wanted and there is no compiler. Compiled code is kept beside the program, not in the
    user's cache."""
    options = [a for a in sys.argv[1:] if a.startswith(("--engine=", "--opt="))]
    sys.argv[1:] = [a for a in sys.argv[1:] if a not in options]
    label = "".join("-" + o.partition("=")[2] for o in options)
    os.environ["XDG_CACHE_HOME"] = str(Path(singula).resolve().parent / f"tests-cache{label}")
    version = subprocess.run([singula, "--version"], capture_output=True, text=True).stdout
    if "--engine=native" in options and "--opt=fast" not in options and "llvm" not in version:
        skip(name, "this build is without LLVM")
    return options, name + label


def need_wasm_tools(name):
    missing = [t for t in ("clang-19", "wasm-ld-19") if not shutil.which(t)]
    missing += [f for f in WASM_FILES if not Path(f).exists()]
    if missing:
        skip(name, "not installed: " + ", ".join(missing))


def source_lines():
    """deb-src lines for the repositories that packages come from here."""
    p = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                        "Created-By: Packages"], capture_output=True, text=True)
    options = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    lines = {line for line in p.stdout.splitlines() if line.endswith(" main") and "debian" in line}
    return "".join(f"deb-src {options}{line}\n" for line in sorted(lines))


def debian_source(name, package, work):
    """The archive of a Debian source package, fetched by apt (which checks its signature) from the mirror this machine
    uses and kept in `work`. Skips when there is no way to get it."""
    have = sorted(work.glob(f"{package}_*.orig.tar.*"))
    if have:
        return have[-1]
    apt = work / "apt"
    for d in ("lists/partial", "cache/archives/partial"):
        (apt / d).mkdir(parents=True, exist_ok=True)
    (apt / "src.list").write_text(source_lines())
    settings = [f"Dir::Etc::sourcelist={apt}/src.list", "Dir::Etc::sourceparts=-",
                f"Dir::State::lists={apt}/lists", f"Dir::Cache={apt}/cache",
                "Acquire::http::Timeout=20", "Acquire::Retries=1", "APT::Sandbox::User="]
    options = [word for s in settings for word in ("-o", s)]
    said = ""
    for command in (["update"], ["source", "--download-only", package]):
        said += subprocess.run(["apt-get", *options, *command], cwd=work, capture_output=True,
                               text=True).stderr
    shutil.rmtree(apt, ignore_errors=True)
    have = sorted(work.glob(f"{package}_*.orig.tar.*"))
    if not have:
        errors = [line for line in said.splitlines() if line.startswith(("E:", "W:", "Err:"))]
        skip(name, f"the source package {package} cannot be fetched: " + (errors or ["no reason given"])[0])
    return have[-1]


def run_tool(command):
    """Runs a compiler; its output is shown and the test ends if it fails."""
    p = subprocess.run([str(a) for a in command], capture_output=True, text=True)
    if p.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{p.stdout}{p.stderr}")


def is_new(target, *sources):
    return target.exists() and all(target.stat().st_mtime > Path(s).stat().st_mtime for s in sources)


def compile_wasm(source, out, *flags):
    """Two steps: with one, the driver would run binaryen's wasm-opt where that is installed."""
    obj = out.with_suffix(".o")
    run_tool(["clang-19", "--target=wasm32-wasi", "-O2", "-c", source, "-o", obj, *flags])
    run_tool(["clang-19", "--target=wasm32-wasi", obj, "-o", out, "-lm"])


def feed(process, data):
    """Writes the process's stdin in pieces, with pauses so that it has to wait."""
    try:
        for at in range(0, len(data), 3):
            process.stdin.write(data[at:at + 3])
            process.stdin.flush()
            time.sleep(0.02)
        process.stdin.close()
    except BrokenPipeError:
        pass


def run(command, stdin=b"", slow=False, **more):
    """(exit code, stdout, stderr) of a program. Slow input goes only to those that say little meanwhile."""
    pipe = subprocess.PIPE
    p = subprocess.Popen(command, stdin=pipe if stdin else subprocess.DEVNULL, stdout=pipe, stderr=pipe, **more)
    if slow:
        feed(p, stdin)
        p.stdin, stdin = None, None
    out, err = p.communicate(stdin or None, timeout=300)
    return p.returncode, out, err


class Count:
    """Counts cases and prints the failures."""

    def __init__(self, name):
        self.name, self.passed, self.failed, self.skipped = name, 0, 0, 0

    def case(self, what, problems):
        if problems:
            self.failed += 1
            print(f"FAIL {what}")
            for p in problems:
                print("    " + p.rstrip().replace("\n", "\n    "))
        else:
            self.passed += 1

    def end(self):
        print(f"{self.name}: {self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed or not self.passed else 0


def first_difference(what, wanted, found):
    """A line that shows where two texts differ, or None."""
    if wanted == found:
        return None
    a, b = wanted.split(b"\n"), found.split(b"\n")
    n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    show = [(t[n] if n < len(t) else b"(ended)").decode(errors="backslashreplace")[:200] for t in (a, b)]
    return f"{what} differs in line {n + 1}:\nwanted: {show[0]}\nfound:  {show[1]}"
