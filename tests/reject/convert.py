#!/usr/bin/env python3
"""Makes the modules of verifier cases. usage: convert.py WAT2WASM OUT DEPFILE STAMP FOLDER_OR_FILE...
FOLDER/** means all folders in FOLDER as well.

A case is a file FOLDER/<name>.wat or .hex whose leading comments say
    ;; what it is about
    ;; expect: CODE func=0 offset=0x23      or: expect: OK
    ;; contract: TEXT                       a line of a custom section singula.contract; `contract-end:` ends that section
    ;; monitor: MON_DEAD                    how a run of the unproved module must end; `monitor: - REASON`: the mistake cannot show
    ;; wat2wasm: --enable-tail-call         options for wat2wasm, for what is not WebAssembly 2.0
Writes OUT/<path of the file, with - for />.wasm, the empty file STAMP, and OUT/index: one line per case, `WASM CODE FUNC OFFSET MONITOR SOURCE`, `-` where nothing is expected.

Hex files hold, besides comments from # on:
    7f 00        bytes             "text"       its bytes
    u:300        LEB128 u32        { ... }      LEB128 length of what is inside, and that
    X*N          N times the byte, text or [ ... ] group before it
"""
import re
import subprocess
import sys
from pathlib import Path

TOKEN = re.compile(r'\s*(?:(#[^\n]*)|"([^"]*)"|(u:\d+)|([{}\[\]])|(\*\d+)|([0-9a-fA-F]{2})(?![0-9a-fA-F]))')


def leb(n):
    out = bytearray()
    while True:
        out.append(n & 0x7F | (0x80 if n > 0x7F else 0))
        n >>= 7
        if not n:
            return bytes(out)


def assemble(text):
    """Bytes of a hex file; a stack of open groups, each a list of pieces."""
    stack, at = [[]], 0
    text = text.rstrip()
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise ValueError(f"cannot read hex at {text[at:at + 20]!r}")
        at = m.end()
        comment, string, number, bracket, times, byte = m.groups()
        if string is not None:
            stack[-1].append(string.encode())
        elif number:
            stack[-1].append(leb(int(number[2:])))
        elif bracket in ("{", "["):
            stack.append([])
        elif bracket:
            inside = b"".join(stack.pop())
            stack[-1].append(leb(len(inside)) + inside if bracket == "}" else inside)
        elif times:
            stack[-1][-1] *= int(times[1:])
        elif byte:
            stack[-1].append(bytes.fromhex(byte))
    if len(stack) != 1:
        raise ValueError("a group is not closed")
    return b"".join(stack[0])


def directives(text, mark):
    """(key, value) of the `mark key: value` comments."""
    return re.findall(rf"^{re.escape(mark)}\s*(expect|contract|contract-end|monitor|wat2wasm):[ ]?(.*)$", text, re.M)


def custom_sections(found):
    section, out = [], b""
    for key, value in found + [("contract-end", "")]:
        if key == "contract":
            section.append(value)
        elif key == "contract-end" and section:
            body = leb(len("singula.contract")) + b"singula.contract" + "\n".join(section).encode()
            out += b"\0" + leb(len(body)) + body
            section = []
    return out


def write_sparse(path, data):
    """Long tails of zeros take no room on disk."""
    body = data.rstrip(b"\0") if len(data) > 1 << 20 else data
    with open(path, "wb") as f:
        f.write(body)
        f.truncate(len(data))


def convert(wat2wasm, path, out):
    """Writes the module; returns the fields of its index line."""
    text = path.read_text()
    hexfile = path.suffix == ".hex"
    found = directives(text, "#" if hexfile else ";;")
    expect = [v.split() for k, v in found if k == "expect"]
    if len(expect) != 1:
        raise ValueError("needs exactly one expect line")
    if hexfile:
        write_sparse(out, assemble(text))
    else:
        options = [word for k, v in found if k == "wat2wasm" for word in v.split()]
        subprocess.run([wat2wasm, *options, "--no-check", "--debug-names", str(path), "-o", str(out)], check=True)
        with open(out, "ab") as f:
            f.write(custom_sections(found))
    fields = dict(word.split("=") for word in expect[0][1:])
    number = lambda key: str(int(fields[key], 0)) if key in fields else "-"
    monitor = [v.split()[0] for k, v in found if k == "monitor"]
    return [str(out), expect[0][0], number("func"), number("offset"), (monitor or ["-"])[0], str(path)]


def find_cases(arguments):
    """[(file, name of its module)], sorted, and the folders looked at. The name begins two folders above the argument's files, so
    that a rejected and an accepted case may have the same."""
    cases, searched = {}, []
    for argument in arguments:
        top = Path(argument.removesuffix("/**"))
        if not top.is_dir():
            cases[top] = f"{top.parent.name}-{top.stem}.wasm"
            continue
        folders = [top] + (sorted(p for p in top.rglob("*") if p.is_dir()) if argument.endswith("/**") else [])
        searched += folders
        for path in (p for folder in folders for p in folder.iterdir() if p.suffix in (".wat", ".hex")):
            cases[path] = "-".join(path.relative_to(top.parent.parent).with_suffix("").parts) + ".wasm"
    return sorted(cases.items()), searched


def main():
    wat2wasm, out, depfile, stamp, *folders = sys.argv[1:]
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    cases, searched = find_cases(folders)
    lines, bad = [], 0
    for path, name in cases:
        try:
            lines.append(" ".join(convert(wat2wasm, path, out / name)))
        except (ValueError, subprocess.CalledProcessError) as e:
            print(f"{path}: {e}", file=sys.stderr)
            bad = 1
    (out / "index").write_text("\n".join(lines) + "\n")
    depends = [str(p) for p in searched + [path for path, _ in cases]]
    Path(depfile).write_text(f"{stamp}: {' '.join(depends)}\n")
    Path(stamp).write_text("")
    return bad


if __name__ == "__main__":
    sys.exit(main())
