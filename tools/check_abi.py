#!/usr/bin/env python3
"""The shared library exports what include/singula.h declares, and nothing else. usage: check_abi.py LIBRARY HEADER"""
import re
import subprocess
import sys
from pathlib import Path

from lintlib import report


def main():
    library, header = sys.argv[1:3]
    text = re.sub(r"/\*.*?\*/", "", Path(header).read_text(), flags=re.S)
    declared = set(re.findall(r"^SINGULA_API\b[^;{]*?\b(\w+)\s*\(", text, re.M))
    nm = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True)
    exported = {line.split()[-1].split("@")[0] for line in nm.stdout.splitlines()}
    exported -= {name for name in exported if name.startswith(("__asan", "__odr_asan", "__ubsan"))}
    bad = [f"{name} is exported but not in {header}" for name in sorted(exported - declared)]
    bad += [f"{name} is in {header} but not exported" for name in sorted(declared - exported)]
    if not declared:
        bad.append(f"{header} declares nothing")
    return report("abi", bad)


if __name__ == "__main__":
    sys.exit(main())
