#!/usr/bin/env python3
"""Turns a text file into a C string. usage: embed.py IN NAME OUT.c [HEADER that declares NAME]"""
import sys

source, name, out = sys.argv[1:4]
header = sys.argv[4] if len(sys.argv) > 4 else "cli/cli.h"
with open(source) as f, open(out, "w") as c:
    c.write(f'#include "{header}"\n\nconst char {name}[] =\n')
    for line in f:
        escaped = line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"')
        c.write(f'    "{escaped}\\n"\n')
    c.write("    ;\n")
