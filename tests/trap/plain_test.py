#!/usr/bin/env python3
"""Without the monitor no operation checks what is proved: the plain forms in the program call nothing of channels/monitor.c.

usage: plain_test.py SINGULA. The watched forms must call it, or this test sees nothing."""
import re
import shutil
import subprocess
import sys

SOME = ("op_send", "op_recv", "op_call", "op_next", "op_put", "op_close", "op_swap", "get_U64", "set_at_U8")
CHECKS = re.compile(r"call.*<(monitor_\w+|xcall_fault|block_fault|call_done)[.\w]*(?:@plt)?>|jmp.*<(monitor_\w+|block_fault)[.\w]*>")


def main():
    if not shutil.which("objdump"):
        print("plain: 0 passed, 0 failed, 1 skipped (objdump is not there)")
        return 77
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", sys.argv[1]], capture_output=True, text=True, check=True).stdout
    plain, watched = {}, {}
    for part in text.split("\n\n"):
        head = re.match(r"\s*[0-9a-f]+ <(\w+)_(plain|watched)[.\w]*>:", part)
        if head:
            (plain if head[2] == "plain" else watched).setdefault(head[1], []).extend(m[0] for m in CHECKS.finditer(part))
    bad = [f"{name}_plain: {calls[0]}" for name, calls in plain.items() if calls]
    bad += [f"{name}: not found" for name in SOME if name not in plain]
    bad += [f"{name}_watched checks nothing" for name in SOME if not watched.get(name)]
    print("".join(f"{b}\n" for b in bad) + f"plain: {len(plain)} passed, {len(bad)} failed, 0 skipped")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
