#!/usr/bin/env python3
"""Turns a text file into a C string. usage: embed.py IN NAME OUT.c"""
import sys

source, name, out = sys.argv[1:4]
with open(source) as f, open(out, "w") as c:
    c.write('#include "cli/cli.h"\n\n' + f"const char {name}[] =\n")
    for line in f:
        escaped = line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"')
        c.write(f'    "{escaped}\\n"\n')
    c.write("    ;\n")
