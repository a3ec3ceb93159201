#!/usr/bin/env python3
"""Memories in pages of one byte (proposal custom-page-sizes), on every engine and in both memory modes.
usage: pages_test.py SINGULA WAT2WASM

wat2wasm does not know the proposal: cases are written with ordinary memories, whose limits are then taken for bytes. A
case ends as it says: "ok", or the name of the trap.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

SINGULA, WAT2WASM = sys.argv[1:3]
passed = failed = 0

# Exports _start; CHECK stands for "traps with UNREACHABLE unless the i32 is not 0".
CHECK = "(if (i32.eqz) (then (unreachable)))"
CASES = {
    # name: (limits in bytes, body of _start, how it ends, more fields of the module)
    "size": ("100", f"(i32.eq (memory.size) (i32.const 100)) {CHECK}", "ok", ""),
    "none": ("0", f"(i32.eqz (memory.size)) {CHECK}", "ok", ""),
    "none_load": ("0", "(drop (i32.load8_u (i32.const 0)))", "MEM_OOB", ""),
    "last_byte": ("100", f"(i32.store8 (i32.const 99) (i32.const 7)) (i32.eq (i32.load8_u (i32.const 99)) (i32.const 7)) {CHECK}", "ok", ""),
    "behind": ("100", "(drop (i32.load8_u (i32.const 100)))", "MEM_OOB", ""),
    "half_behind": ("100", "(drop (i32.load16_u (i32.const 99)))", "MEM_OOB", ""),
    "word_fits": ("100", "(drop (i64.load (i32.const 92)))", "ok", ""),
    "word_behind": ("100", "(drop (i64.load (i32.const 93)))", "MEM_OOB", ""),
    "store_behind": ("100", "(i64.store (i32.const 93) (i64.const 1))", "MEM_OOB", ""),
    "offset_behind": ("100", "(i32.store offset=96 (i32.const 1) (i32.const 1))", "MEM_OOB", ""),
    "offset_far": ("100", "(drop (f64.load offset=4294967295 (i32.const 1)))", "MEM_OOB", ""),
    "computed": ("100", "(local $i i32) (loop $l (i32.store8 (local.get $i) (i32.const 1)) (br_if $l (local.tee $i (i32.add (local.get $i) (i32.const 1)))))", "MEM_OOB", ""),
    "smaller_than_the_access": ("3", "(drop (i32.load (i32.const 0)))", "MEM_OOB", ""),
    "smaller_f64": ("7", "(drop (f64.load (i32.const 0)))", "MEM_OOB", ""),
    "three_bytes": ("3", f"(i32.store16 (i32.const 1) (i32.const 513)) (i32.eq (i32.load16_u (i32.const 1)) (i32.const 513)) {CHECK}", "ok", ""),
    "grow": ("100", f"""(i32.store8 (i32.const 99) (i32.const 5))
        (i32.eq (memory.grow (i32.const 1)) (i32.const 100)) {CHECK} (i32.eq (memory.size) (i32.const 101)) {CHECK}
        (i32.eqz (i32.load8_u (i32.const 100))) {CHECK} (i32.eq (i32.load8_u (i32.const 99)) (i32.const 5)) {CHECK}""", "ok", ""),
    "grow_behind": ("100", "(drop (memory.grow (i32.const 1))) (drop (i32.load8_u (i32.const 101)))", "MEM_OOB", ""),
    "grow_from_none": ("0", f"(i32.eqz (memory.grow (i32.const 5))) {CHECK} (i32.store8 (i32.const 4) (i32.const 1)) (i32.eq (memory.size) (i32.const 5)) {CHECK}", "ok", ""),
    "grow_in_steps": ("1", f"""(local $i i32) (loop $l
        (i32.store8 (local.get $i) (local.get $i))
        (i32.eq (memory.grow (i32.const 1)) (i32.add (local.get $i) (i32.const 1))) {CHECK}
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 70000))))
        (loop $m (local.set $i (i32.sub (local.get $i) (i32.const 1)))
        (i32.eq (i32.load8_u (local.get $i)) (i32.and (local.get $i) (i32.const 255))) {CHECK} (br_if $m (local.get $i)))""", "ok", ""),
    "grow_to_the_maximum": ("100 200", f"(i32.eq (memory.grow (i32.const 100)) (i32.const 100)) {CHECK} (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) {CHECK} (i32.eq (memory.size) (i32.const 200)) {CHECK}", "ok", ""),
    "grow_beyond": ("100 200", f"(i32.eq (memory.grow (i32.const 101)) (i32.const -1)) {CHECK} (i32.eq (memory.grow (i32.const -1)) (i32.const -1)) {CHECK} (i32.eq (memory.size) (i32.const 100)) {CHECK}", "ok", ""),
    "grow_without_room": ("100", f"(i32.eq (memory.grow (i32.const -101)) (i32.const -1)) {CHECK} (i32.eq (memory.size) (i32.const 100)) {CHECK}", "ok", ""),
    "large": ("100000", f"(i32.store8 (i32.const 99999) (i32.const 9)) (i32.eq (memory.size) (i32.const 100000)) {CHECK}", "ok", ""),
    "large_behind": ("100000", "(drop (i32.load (i32.const 99997)))", "MEM_OOB", ""),
    "fill": ("100", f"(memory.fill (i32.const 0) (i32.const 3) (i32.const 100)) (i32.eq (i32.load8_u (i32.const 99)) (i32.const 3)) {CHECK}", "ok", ""),
    "fill_behind": ("100", "(memory.fill (i32.const 0) (i32.const 3) (i32.const 101))", "MEM_OOB", ""),
    "copy_behind": ("100", "(memory.copy (i32.const 1) (i32.const 0) (i32.const 100))", "MEM_OOB", ""),
    "init": ("10", f"(memory.init $d (i32.const 7) (i32.const 0) (i32.const 3)) (i32.eq (i32.load8_u (i32.const 9)) (i32.const 99)) {CHECK}", "ok", '(data $d "abc")'),
    "init_behind": ("10", "(memory.init $d (i32.const 8) (i32.const 0) (i32.const 3))", "MEM_OOB", '(data $d "abc")'),
    "data": ("10", f"(i32.eq (i32.load16_u (i32.const 8)) (i32.const 0x6261)) {CHECK}", "ok", '(data (i32.const 8) "ab")'),
    "data_behind": ("10", "", "E_UNINSTANTIABLE", '(data (i32.const 9) "ab")'),
    "host_pointer": ("100", f"(i32.eqz (call $random (i32.const 0) (i32.const 100))) {CHECK}", "ok", ""),
    "host_pointer_behind": ("100", "(drop (call $random (i32.const 0) (i32.const 101)))", "BAD_POINTER", ""),
}
IMPORT = '(import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))'


def case(name, holds, why=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"pages: {name}: {why}")


def leb(n):
    out = bytearray()
    while True:
        out.append(n & 0x7F | (0x80 if n > 0x7F else 0))
        n >>= 7
        if not n:
            return bytes(out)


def read_leb(b, at):
    value = shift = 0
    while True:
        byte = b[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def with_limits(wasm, limits, shift):
    """The module, its memory section replaced."""
    out, at = wasm[:8], 8
    while at < len(wasm):
        size, start = read_leb(wasm, at + 1)
        body = wasm[start:start + size]
        if wasm[at] == 5:
            numbers = [int(x) for x in limits.split()]
            body = b"\1" + bytes([8 | len(numbers) - 1]) + b"".join(leb(n) for n in numbers) + leb(shift)
        out += wasm[at:at + 1] + leb(len(body)) + body
        at = start + size
    return out


def build(folder, name, text, limits, shift=0):
    wat, wasm = folder / f"{name}.wat", folder / f"{name}.wasm"
    wat.write_text(text)
    subprocess.run([WAT2WASM, wat, "-o", wasm], check=True)
    wasm.write_bytes(with_limits(wasm.read_bytes(), limits, shift))
    return wasm


def run_cases(folder):
    version = subprocess.run([SINGULA, "--version"], capture_output=True, text=True).stdout
    engines = [["--engine=interp"], ["--engine=auto"]]
    if "llvm" in version:
        engines += [["--engine=native", "--opt=full"], ["--engine=native", "--opt=fast"]]
    for name, (limits, body, ends, fields) in CASES.items():
        text = f'(module {IMPORT} (memory (export "memory") 1) {fields} (func (export "_start") {body}))'
        wasm = build(folder, name, text, limits)
        for engine in engines:
            for memory in ["guard", "compact"]:
                r = subprocess.run([SINGULA, "run", *engine, f"--memory={memory}", "--no-cache", "--audit", "--max-memory=8M", wasm],
                                   capture_output=True, text=True, timeout=60)
                right = r.returncode == 0 if ends == "ok" else r.returncode != 0 and ends in r.stderr
                case(f"{name} {' '.join(engine)} {memory}", right, f"{r.returncode} instead of {ends}\n{r.stderr}")


def inspect(folder):
    wasm = build(folder, "inspected", "(module (memory 1))", "100 200")
    r = subprocess.run([SINGULA, "inspect", wasm], capture_output=True, text=True)
    case("inspect", "at least 100, at most 200 pages of 1 byte" in r.stdout, r.stdout)
    r = subprocess.run([SINGULA, "inspect", "--json", wasm], capture_output=True, text=True)
    case("inspect --json", '"page_bytes": 1' in r.stdout, r.stdout)
    wasm = build(folder, "usual", '(module (memory (export "memory") 1) (func (export "_start")'
                 f"(i32.eq (memory.size) (i32.const 3)) {CHECK} (drop (i32.load (i32.const 196604)))))", "3", 16)
    for memory in ["guard", "compact"]:
        r = subprocess.run([SINGULA, "run", f"--memory={memory}", wasm], capture_output=True, text=True)
        case(f"pages of 64 KiB said explicitly, {memory}", r.returncode == 0, r.stderr)


def main():
    with tempfile.TemporaryDirectory() as d:
        run_cases(Path(d))
        inspect(Path(d))
    print(f"pages: {passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
