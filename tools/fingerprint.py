#!/usr/bin/env python3
"""Writes the C file with image_compiler: what native images say about the compiler that made them. Two builds whose compilers
could make different code have different ones. usage: fingerprint.py VERSION LLVM-VERSION|none OUTPUT SOURCES..."""
import hashlib
import sys
from pathlib import Path

version, llvm, output, *paths = sys.argv[1:]
h = hashlib.sha256()
for p in sorted(paths, key=lambda p: Path(p).name):
    h.update(Path(p).name.encode() + b"\0" + Path(p).read_bytes() + b"\0")
text = f"singula {version} {h.hexdigest()[:8]}" + ("" if llvm == "none" else f" llvm {llvm}")
if len(text) >= 40:
    sys.exit(f"fingerprint.py: '{text}' does not fit in struct image_key")
Path(output).write_text(f'#include "runtime/native/image.h"\n\nconst char image_compiler[] = "{text}";\n')
