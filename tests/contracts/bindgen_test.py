#!/usr/bin/env python3
"""Generated headers in the hands of the guests' compiler. usage: bindgen_test.py SINGULA LIST_IMPORTS GUEST_INCLUDE FOLDER

For every contract of FOLDER: a guest that calls each generated function is compiled without a warning at every level of
optimisation, linked, and each import compared with what the verifier wants of it."""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

LEVELS = ["-O0", "-O1", "-O2", "-O3", "-Os", "-Oz"]
FLAGS = ["--target=wasm32-wasi", "-Wall", "-Wextra", "-Werror"]
# Without these clang 19 crashes on references or writes invalid modules.
LAST_FLAGS = ["-Xclang", "-fsanitize=fuzzer-no-link", "-fno-slp-vectorize", "-fno-vectorize"]
PROTOTYPE = re.compile(r'SINGULA_IMPORT\("([^"]*)",\s*"([^"]*)"\)\s*(\w+)\s+(\w+)\(([^)]*)\);')


def run(*command):
    """Standard output; CalledProcessError with the standard error otherwise."""
    return subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout


def wrappers(header):
    """One function around each generated one, kept by `used`, so that every import is imported."""
    out = []
    for i, (_, _, result, name, params) in enumerate(PROTOTYPE.findall(header)):
        args = [] if params == "void" else [re.search(r"(\w+)$", p.strip()).group(1) for p in params.split(",")]
        back = "" if result == "void" else "return "
        out.append(f"__attribute__((used, noinline)) static {result} use_{i}({params}) {{ {back}{name}({', '.join(args)}); }}")
    return out


def module_imports(dump):
    """{(module, name): "externref,i32>i64"} from wasm-objdump -x."""
    types = {}
    for number, params, result in re.findall(r"^ - type\[(\d+)\] \(([^)]*)\) -> (\w+)", dump, re.M):
        types[number] = params.replace(" ", "") + ">" + ("" if result == "nil" else result)
    found = {}
    for number, module, name in re.findall(r"^ - func\[\d+\] sig=(\d+) <[^>]*> <- (singula/\w+?)\.(\S+)$", dump, re.M):
        found[module, name] = types[number]
    return found


def custom_section(wasm, wanted):
    """The bytes of a custom section, which must be there once."""
    data, at, found = wasm.read_bytes(), 8, []

    def leb(p):
        value = shift = 0
        while True:
            value |= (data[p] & 0x7F) << shift
            shift += 7
            p += 1
            if data[p - 1] < 0x80:
                return value, p

    while at < len(data):
        kind = data[at]
        size, at = leb(at + 1)
        if kind == 0:
            n, p = leb(at)
            if data[p : p + n].decode() == wanted:
                found.append(data[p + n : at + size])
        at += size
    assert len(found) == 1, f"{len(found)} sections {wanted}"
    return found[0].decode()


class Tests:
    def __init__(self, singula, list_imports, guest_include, work):
        self.singula, self.list_imports, self.guest_include, self.work = singula, list_imports, guest_include, work
        self.passed = self.failed = 0

    def check(self, name, test, *args):
        try:
            test(*args)
            self.passed += 1
        except (AssertionError, subprocess.CalledProcessError) as e:
            self.failed += 1
            print(f"{name}: {e}\n{getattr(e, 'stderr', None) or ''}")

    def header(self, contract):
        path = self.work / (contract.stem + ".h")
        path.write_text(run(self.singula, "contract", "bindgen", contract))
        return path

    def compile(self, source, text, *flags):
        (self.work / source).write_text(text)
        out = self.work / (source + ".o")
        compiler = "clang++-19" if source.endswith(".cc") else "clang-19"
        run(compiler, *FLAGS, *flags, "-I", self.work, *LAST_FLAGS, "-c", self.work / source, "-o", out)
        return out

    def link(self, name, *objects):
        out = self.work / name
        run("wasm-ld-19", "--no-entry", "--allow-undefined", "--no-gc-sections", *objects, "-o", out)
        return out

    def every_function(self, contract, level):
        """All functions of a header are imports of the right type; the text is embedded; the module is accepted."""
        header = self.header(contract).read_text()
        want = {}
        for line in run(self.list_imports, contract).splitlines():
            module, name, signature = line.split(" ")
            want[module, name] = signature
        text = f'#include "{contract.stem}.h"\n' + "\n".join(wrappers(header)) + "\n"
        text += "__attribute__((used, noinline)) static int null(singula_ref r) { return singula_is_null(r); }\n"
        wasm = self.link("all.wasm", self.compile("all.c", text, level))
        found = module_imports(run("wasm-objdump", "-x", wasm))
        del want["singula/ref", "is_null"]  # an instruction, not an import
        assert found == want, f"imports differ: {sorted(set(found.items()) ^ set(want.items()))[:4]}"
        embedded = custom_section(wasm, "singula.contract")
        plain = self.work / "embedded.contract"
        plain.write_text(embedded)
        assert run(self.singula, "contract", "fmt", plain) == embedded, "the embedded text is not canonical"
        run(self.singula, "verify", wasm)

    def with_plus_plus(self, contract):
        header = self.header(contract).read_text()
        self.compile("all.cc", f'#include "{contract.stem}.h"\n' + "\n".join(wrappers(header)) + "\n", "-O2")

    def with_guest_header(self, contract):
        """In either order, and alone."""
        mine, generated = '#include "singula_guest.h"\n', f'#include "{contract.stem}.h"\n'
        self.header(contract)
        body = "int f(singula_ref r); int f(singula_ref r) { return singula_is_null(r) + SINGULA_NONE; }\n"
        body += "singula_ref g(void); singula_ref g(void) { return singula_null(); }\n"
        for text in (mine, mine + generated, generated + mine, generated + generated):
            for level in LEVELS:
                self.compile("guest.c", text + body, level, "-I", self.guest_include)
            self.compile("guest.cc", text + body, "-O2", "-I", self.guest_include)

    def two_headers(self, first, second):
        """Headers that repeat a declaration, in one source and in two objects."""
        includes = [f'#include "{self.header(c).name}"\n' for c in (first, second)]
        both = self.compile("both.c", "".join(includes), "-O2")
        one = self.compile("one.c", includes[0], "-O2")
        wasm = self.link("two.wasm", both, one)
        embedded = custom_section(wasm, "singula.contract")
        assert embedded.count("block Text {") == 3, embedded
        run(self.singula, "verify", wasm)

    def null_test_is_an_instruction(self):
        text = '#include "singula_guest.h"\n__attribute__((used)) static int f(singula_ref r) { return singula_is_null(r); }\n'
        for level in LEVELS:
            wasm = self.link("null.wasm", self.compile("null.c", text, level, "-I", self.guest_include))
            assert "ref.is_null" in run("wasm-objdump", "-d", wasm), "no ref.is_null"
            assert " <- " not in run("wasm-objdump", "-x", wasm), "an import is left"

    def import_of_is_null(self):
        text = '#include <stdint.h>\ntypedef __externref_t r;\n__attribute__((import_module("singula/ref"), '
        text += 'import_name("is_null"))) int is_null(r x);\n'
        text += "__attribute__((used)) static int f(r x) { return is_null(x); }\n"
        run(self.singula, "verify", self.link("ref.wasm", self.compile("ref.c", text, "-O2")))


def main():
    singula, list_imports, guest_include, folder = sys.argv[1:5]
    missing = [t for t in ("clang-19", "clang++-19", "wasm-ld-19", "wasm-objdump") if not shutil.which(t)]
    if missing:
        print(f"bindgen: 0 passed, 0 failed, 1 skipped ({', '.join(missing)} not there)")
        return 77
    contracts = sorted(Path(folder).glob("*.contract"))
    assert contracts
    with tempfile.TemporaryDirectory() as work:
        t = Tests(singula, list_imports, guest_include, Path(work))
        for c in contracts:
            for level in LEVELS:
                t.check(f"{c.name} {level}", t.every_function, c, level)
            t.check(f"{c.name} C++", t.with_plus_plus, c)
            t.check(f"{c.name} with singula_guest.h", t.with_guest_header, c)
        by_name = {c.stem: c for c in contracts}
        t.check("two headers", t.two_headers, by_name["camera"], by_name["names"])
        t.check("null test", t.null_test_is_an_instruction)
        t.check("singula/ref is_null", t.import_of_is_null)
    print(f"bindgen: {t.passed} passed, {t.failed} failed, 0 skipped")
    return t.failed != 0


if __name__ == "__main__":
    sys.exit(main())
