"""Small changes to the code of a module that keep its types: other operators, constants, widths and offsets.

`wasm-opt -ttf` masks addresses and guards divisions; in what is left of that after some changes there are traps.
"""
import struct

import wasmfile

# operators that may stand for each other
SWAPS = [range(0x46, 0x50), range(0x51, 0x5B), range(0x5B, 0x61), range(0x61, 0x67), [0x45, 0x67, 0x68, 0x69],
         range(0x6A, 0x79), [0x79, 0x7A, 0x7B], range(0x7C, 0x8B), range(0x8B, 0x92), range(0x92, 0x99), range(0x99, 0xA0),
         range(0xA0, 0xA7), [0xA8, 0xA9, 0xBC], [0xAA, 0xAB], [0xAC, 0xAD], [0xAE, 0xAF], [0xB0, 0xB1, 0xBD],
         [0xB2, 0xB3, 0xBE], [0xB4, 0xB5], [0xB7, 0xB8], [0xB9, 0xBA, 0xBF],
         [0x28, 0x2C, 0x2D, 0x2E, 0x2F], [0x29, *range(0x30, 0x36)], [0x36, 0x3A, 0x3B], [0x37, 0x3C, 0x3D, 0x3E]]
OTHERS = {op: list(group) for group in SWAPS for op in group}
OFFSETS = [0, 1, 3, 7, 0xFF, 0x1000, 0xFFFF, 0x10000, 0xFFFF8, 0xFFFFF, 0x100000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
WORDS = [0, 1, 2, 7, 15, 16, 31, 32, 63, 64, 0x7F, 0xFF, 0xFFFF, 0x10000, 0xFFFFF, 0x100000, 0x7FFFFFFF, -1, -2, -8, -0x80000000]
NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0**31, -2.0**31 - 1, 2.0**32, 2.0**63, -2.0**63, 1e-30, 1e30, float("inf"), float("-inf")]


def sleb(n):
    out = bytearray()
    while True:
        low, n = n & 0x7F, n >> 7
        done = n == (-1 if low & 0x40 else 0)
        out.append(low | (0 if done else 0x80))
        if done:
            return bytes(out)


def immediates(r, op):
    """Reads what follows an operator that is not changed as a whole."""
    if op in (0x02, 0x03, 0x04, 0x0C, 0x0D, 0x10, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x3F, 0x40, 0xD0, 0xD2):
        r.number()
    elif op == 0x0E:
        for _ in range(r.number() + 1):
            r.number()
    elif op == 0x11:
        r.number(), r.number()
    elif op == 0x1C:
        r.bytes()
    elif op == 0xFC:
        sub = r.number()
        for _ in range(0 if sub < 8 else 1 if sub in (9, 11, 13, 15, 16, 17) else 2):
            r.number()


def instruction(r, random, rate):
    """The bytes of the next one, perhaps changed."""
    start, op = r.at, r.byte()
    if 0x28 <= op <= 0x3E:
        r.number()
        offset = r.number()
        if random.random() < rate:
            return bytes([random.choice(OTHERS.get(op, [op])), 0]) + wasmfile.leb(random.choice([offset, random.choice(OFFSETS)]))
    elif op in (0x41, 0x42):
        r.number()
        if random.random() < rate:
            return bytes([op]) + sleb(random.choice(WORDS) if op == 0x41 or random.random() < 0.7 else
                                      random.choice([1 << 32, (1 << 63) - 1, -(1 << 63)]))
    elif op in (0x43, 0x44):
        r.skip(4 if op == 0x43 else 8)
        if random.random() < rate:
            return bytes([op]) + struct.pack("<f" if op == 0x43 else "<d", random.choice(NUMBERS))
    else:
        immediates(r, op)
        if random.random() < rate and op in OTHERS:
            return bytes([random.choice(OTHERS[op])])
    return r.data[start:r.at]


def body(data, random, rate):
    r = wasmfile.Reader(data)
    for _ in range(r.number()):
        r.number(), r.byte()
    out = bytearray(data[:r.at])
    while r.at < len(data):
        out += instruction(r, random, rate)
    return bytes(out)


def mutate(data, random, rate):
    """The module with some of its instructions changed."""
    module = wasmfile.Module(data)
    r = wasmfile.Reader(module.section(wasmfile.CODE))
    bodies = [body(r.bytes(), random, rate) for _ in range(r.number())]
    code = wasmfile.leb(len(bodies)) + b"".join(wasmfile.leb(len(b)) + b for b in bodies)
    module.sections = [(k, code if k == wasmfile.CODE else c) for k, c in module.sections]
    return module.bytes()
