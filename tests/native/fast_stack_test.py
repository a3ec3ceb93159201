#!/usr/bin/env python3
"""What fast functions (channels/fast.h) use of a SIP's stack fits below the limit that its code looks at.

usage: fast_stack_test.py SINGULA ABI_HEADER LAYOUT_HEADER. Adds up the frames along every path of calls in the program's machine code.
Indirect calls, calls of libraries and recursion are mistakes; failed checks end the program and do not count."""
import re
import shutil
import subprocess
import sys

FAST = ("fast_send", "fast_poll", "fast_block_alloc", "fast_block_free", "fast_block_swap", "fast_block_take",
        "fast_block_put")
WAITS = ("fast_recv", "fast_next", "fast_call", "fast_hand")
STUB = 8 + 8  # what stubs that switch have on the stack: alignment and the return address
ENDS = {"check_failed", "abort@plt", "__stack_chk_fail@plt"}
CALLER = 256 + 8  # what a frame of the guest may have below the limit, and the return address


class Wrong(Exception):
    pass


def functions(text):
    for part in text.split("\n\n"):
        head = re.match(r"\s*[0-9a-f]+ <([^>]+)>:\n", part)
        if head:
            yield head[1], [line.split("\t", 1)[1].strip() for line in part[head.end():].splitlines() if "\t" in line]


def base(name):
    """The function that a cold part, or a jump into the middle, belongs to."""
    return re.sub(r"\+0x[0-9a-f]+$", "", name)


def depth(code, name, path):
    """Bytes below the return address."""
    if name in path:
        raise Wrong("recursion: " + " ".join((*path, name)))
    if name not in code:
        raise Wrong(f"{' '.join(path)} calls {name}")
    own = most = 0
    for line in code[name]:
        words = line.split(None, 1)
        if words[0].startswith("push"):
            own += 8
        elif re.match(r"sub\s+\$0x[0-9a-f]+,%rsp", line):
            own += int(re.search(r"0x[0-9a-f]+", line)[0], 16)
        elif re.search(r",%rsp$", line) and not re.match(r"(add|lea|and)\s", line):
            raise Wrong(f"{name}: {line}")
    for line in code[name]:
        words = line.split(None, 1)
        if words[0] not in ("call", "jmp") and not words[0].startswith("j"):
            continue
        target = re.search(r"<([^>]+)>", line)
        if "*" in line or not target:
            raise Wrong(f"{name}: {line}")
        callee = base(target[1])
        if callee == name or callee in ENDS:
            continue
        most = max(most, depth(code, callee, (*path, name)) + (8 if words[0] == "call" else 0))
    return own + most


def main():
    if not shutil.which("objdump"):
        print("fast-stack: 0 passed, 0 failed, 1 skipped (objdump is not there)")
        return 77
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", sys.argv[1]], capture_output=True, text=True, check=True).stdout
    code = dict(functions(text))
    if "never_fast" in code:
        print("fast-stack: 0 passed, 0 failed, 1 skipped (this build has no fast functions)")
        return 77
    slack = int(re.search(r"NATIVE_SLACK = (\d+)", open(sys.argv[2], encoding="utf-8").read())[1])
    failed = 0
    own = int(re.search(r"WAITING_BYTES (\d+)", open(sys.argv[3], encoding="utf-8").read())[1])
    below = dict.fromkeys(FAST, 0) | dict.fromkeys(WAITS, own + 8) | {"sched_turn": STUB, "sched_pass": own + 8 + STUB}
    for name, stub in below.items():
        try:
            used = depth(code, name, ()) + stub
            if used > slack - CALLER:
                raise Wrong(f"{name}: {used} bytes, but there are {slack - CALLER}")
            print(f"{name}: {used} bytes")
        except Wrong as w:
            failed += 1
            print(f"FAILED {w}")
    print(f"fast-stack: {len(below) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
