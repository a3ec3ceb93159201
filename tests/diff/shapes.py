"""Random modules of the shapes that `wasm-opt -ttf` hardly makes: functions with many parameters and results, blocks
with parameters, branches and tables of branches that carry values over others, deep stacks, flags and constants in
odd places, references, calls through tables into everything, addresses at the memory's end.

Instructions are chosen by what is on the stack. Fuel, global 0, bounds calls and rounds of loops: without it functions
return. What a NaN's bits are is not determined: they are replaced before anything could tell them apart.
"""
import struct

from mutate import NUMBERS, WORDS, sleb
from wasmfile import leb

CODES = {"i": 0x7F, "I": 0x7E, "f": 0x7D, "F": 0x7C, "p": 0x70, "r": 0x6F}
NUMERIC = "iIfF"
LOGS = [("log-i32", "i"), ("log-i64", "I"), ("log-f32", "f"), ("log-f64", "F")]
# unsigned numbers that lie close to the middle between two floats
HALVES = [sign * ((1 << 63) - odd) for sign, odd in [(-1, 0x401), (-1, 0x3FF), (-1, 0x7FFFFFFFFF), (-1, 0x8000000001), (1, 0x1FF)]]
FUEL, PAGES, SLOTS = 150, 2, 24


def row(first, last, pops, pushes):
    return [(bytes([code]), pops, pushes) for code in range(first, last + 1)]


# division and what else traps is made by hand
OPS = (row(0x45, 0x45, "i", "i") + row(0x46, 0x4F, "ii", "i") + row(0x50, 0x50, "I", "i") + row(0x51, 0x5A, "II", "i") +
       row(0x5B, 0x60, "ff", "i") + row(0x61, 0x66, "FF", "i") + row(0x67, 0x69, "i", "i") + row(0x6A, 0x6C, "ii", "i") +
       row(0x71, 0x78, "ii", "i") + row(0x79, 0x7B, "I", "I") + row(0x7C, 0x7E, "II", "I") + row(0x83, 0x8A, "II", "I") +
       row(0x8B, 0x91, "f", "f") + row(0x92, 0x97, "ff", "f") + row(0x99, 0x9F, "F", "F") + row(0xA0, 0xA5, "FF", "F") +
       row(0xA7, 0xA7, "I", "i") + row(0xAC, 0xAD, "i", "I") + row(0xB2, 0xB3, "i", "f") + row(0xB4, 0xB5, "I", "f") +
       row(0xB6, 0xB6, "F", "f") + row(0xB7, 0xB8, "i", "F") + row(0xB9, 0xBA, "I", "F") + row(0xBB, 0xBB, "f", "F") +
       row(0xBE, 0xBE, "i", "f") + row(0xBF, 0xBF, "I", "F") + row(0xC0, 0xC1, "i", "i") + row(0xC2, 0xC4, "I", "I") +
       row(0xD1, 0xD1, "p", "i") + row(0xD1, 0xD1, "r", "i") +
       [(b"\xfc" + bytes([k]), "fFfF"[k // 2], "iiII"[k // 2]) for k in range(8)])
TELLS_NANS = [(b"\xbc", "f", "i"), (b"\xbd", "F", "I"), (b"\x98", "ff", "f"), (b"\xa6", "FF", "F")]
DIVISIONS = row(0x6D, 0x70, "ii", "i") + row(0x7F, 0x82, "II", "I")
TRUNCATIONS = row(0xA8, 0xA9, "f", "i") + row(0xAA, 0xAB, "F", "i") + row(0xAE, 0xAF, "f", "I") + row(0xB0, 0xB1, "F", "I")
LOADS = {"i": [0x28, 0x2C, 0x2D, 0x2E, 0x2F], "I": [0x29, *range(0x30, 0x36)], "f": [0x2A], "F": [0x2B]}
STORES = {"i": [0x36, 0x3A, 0x3B], "I": [0x37, 0x3C, 0x3D, 0x3E], "f": [0x38], "F": [0x39]}
ONE = {"i": b"\x41\x01", "I": b"\x42\x01", "f": b"\x43" + struct.pack("<f", 1), "F": b"\x44" + struct.pack("<d", 1)}
ZERO = {"i": b"\x41\0", "I": b"\x42\0", "f": b"\x43" + bytes(4), "F": b"\x44" + bytes(8), "p": b"\xd0\x70", "r": b"\xd0\x6f"}
EQUAL = {"f": b"\x5b", "F": b"\x61"}
OR = {"i": b"\x72", "I": b"\x84"}
MIN_MAX = {"f": b"\x96\x97", "F": b"\xa4\xa5"}


def vector(items):
    return leb(len(items)) + b"".join(items)


def types_bytes(types):
    return leb(len(types)) + bytes(CODES[t] for t in types)


class Label:
    def __init__(self, takes, results, height, loop=False):
        self.takes, self.results, self.height, self.loop = takes, results, height, loop


class Function:
    def __init__(self, module, kind):
        self.module, self.r = module, module.r
        params, self.results = kind
        r = self.r
        extra = r.randrange(3, 9) if r.random() < 0.8 else r.randrange(16, 60)
        self.runs = [(1, "f"), (1, "F")] + [(1, self.any_type(0.1)) for _ in range(extra)]
        self.locals = params + "".join(t for _, t in self.runs)
        self.spare = {"f": len(params), "F": len(params) + 1}  # for tidy()
        self.out, self.stack, self.labels = bytearray(), [], [Label(self.results, self.results, 0)]
        self.left = r.choice([20, 60, 150, 400])
        self.most = r.choice([30, 40, 90])  # operands
        self.clean = False

    # ---- small things ----

    def any_type(self, references=0.05):
        return self.r.choice("pr") if self.r.random() < references else self.r.choice(NUMERIC)

    def emit(self, code, pops="", pushes="", clean=False):
        if pops:
            assert "".join(self.stack[-len(pops):]) == pops, (self.stack, pops)
            del self.stack[-len(pops):]
        self.out += code
        self.stack += pushes
        self.clean = clean

    def above(self):
        """The stack of the innermost block."""
        return "".join(self.stack[self.labels[-1].height:])

    def locals_of(self, kind):
        return [i for i, t in enumerate(self.locals) if t == kind and i not in self.spare.values()]

    def const(self, kind):
        r = self.r
        if kind in "iI":
            word = r.choice(WORDS) if r.random() < 0.6 else r.randrange(-100, 100)
            if kind == "I" and r.random() < 0.3:
                word = r.choice([1 << 32, (1 << 63) - 1, -(1 << 63), 1 << 31, r.getrandbits(62), *HALVES])
            return ONE[kind][:1] + sleb(word)
        if kind in "fF":
            return ONE[kind][:1] + struct.pack("<f" if kind == "f" else "<d", r.choice(NUMBERS + [r.uniform(-1e3, 1e3)]))
        return b"\xd2" + leb(r.randrange(self.module.nfuncs)) if kind == "p" and r.random() < 0.6 else ZERO[kind]

    def leaf(self, kind):
        r, at = self.r, self.locals_of(kind)
        where = r.random()
        if at and where < 0.6:
            self.emit(b"\x20" + leb(r.choice(at)), "", kind)
        elif where < 0.75 and (found := self.module.globals_of(kind)):
            self.emit(b"\x23" + leb(r.choice(found)), "", kind)
        else:
            self.emit(self.const(kind), "", kind, True)

    def tidy(self):
        """A NaN on top of the stack becomes 0."""
        kind = self.stack[-1]
        if kind not in EQUAL or self.clean:
            return
        at = leb(self.spare[kind])
        self.emit(b"\x22" + at + ZERO[kind] + (b"\x20" + at) * 2 + EQUAL[kind] + b"\x1b")

    # ---- values ----

    def push(self, kind, depth=2):
        r = self.r
        self.left -= 1
        choice = r.random()
        if depth <= 0 or self.left < 0 or choice < 0.25 or kind in "pr":
            if kind == "p" and choice > 0.7 and depth > 0:
                self.leaf("i")
                self.emit(b"\x41" + sleb(7) + b"\x71" + b"\x25\0", "i", "p")
            else:
                self.leaf(kind)
        elif choice < 0.37:
            self.load(kind, depth)
        elif choice < 0.43 and (at := self.locals_of(kind)):
            self.push(kind, depth - 1)
            self.emit(b"\x22" + leb(r.choice(at)), kind, kind)
        elif choice < 0.48:
            self.push(kind, depth - 1)
            self.push(kind, depth - 1)
            self.push("i", depth - 1)
            self.emit(b"\x1b", kind + kind + "i", kind)
        elif choice < 0.53:
            self.block(result=kind)
        elif choice < 0.56 and kind in "iI":
            self.trapping(kind, depth)
        elif choice < 0.6 and kind == "i":
            self.emit(r.choice([b"\x3f\0", b"\xfc\x10\0", ZERO["i"] + b"\x40\0", ONE["i"] + b"\x40\0"]), "", "i")
        else:
            self.operator(r.choice([op for op in OPS + TELLS_NANS if op[2] == kind]), depth)

    def operator(self, op, depth):
        code, pops, pushes = op
        for kind in pops:
            self.push(kind, depth - 1)
        if op in TELLS_NANS:
            self.tidy()
        self.emit(code, pops, pushes, pushes in "fF" and pops[0] in "iI")

    def trapping(self, kind, depth):
        r = self.r
        if r.random() < 0.7:
            self.push(kind, depth - 1)
            if r.random() < 0.3:
                self.emit(ONE[kind][:1] + sleb(r.choice([w for w in WORDS if w])), "", kind)
            else:
                self.push(kind, depth - 1)
                if r.random() < 0.9:
                    self.emit(ONE[kind] + OR[kind])
            self.emit(r.choice([op[0] for op in DIVISIONS if op[2] == kind]), kind + kind, kind)
            return
        code, pops, pushes = r.choice([op for op in TRUNCATIONS if op[2] == kind])
        self.push(pops, depth - 1)
        if r.random() < 0.9:
            self.tidy()
            low, high = MIN_MAX[pops][:1], MIN_MAX[pops][1:]
            self.emit(ONE[pops][:1] + struct.pack("<f" if pops == "f" else "<d", 2.0**30) + low + ZERO[pops] + high)
        self.emit(code, pops, pushes)

    def address(self, depth):
        """Pushes an address; the offset for it."""
        r, way = self.r, self.r.random()
        if way < 0.2:
            at = r.choice([r.randrange(0x10000), 0, self.module.size - 16, self.module.size - 8])
            self.emit(b"\x41" + sleb(at), "", "i")
            if at > 0x10000:
                return r.choice([0, 8]) if at % 16 == 0 else 0
        elif way < 0.205:
            self.emit(b"\x41" + sleb(r.choice([self.module.size - k for k in (0, 1, 2, 4, 7, 8)] + [-1, -8])), "", "i")
        else:
            self.push("i", depth - 1)
            if r.random() < 0.98:
                self.emit(b"\x41" + sleb(0xFFFF) + b"\x71")
            elif r.random() < 0.8:
                self.emit(b"\x41" + sleb(15) + b"\x71")
                return self.module.size - r.choice([32, 23, 16, 15])
        if r.random() < 0.003:
            return r.choice([self.module.size - 7, self.module.size, 0x7FFFFFF0, 0x7FFFFFF8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF8, 0xFFFFFFFF])
        return r.choice([0, 0, 1, 4, 7, 127, 128, 0x7FFF])

    def load(self, kind, depth):
        offset = self.address(depth)
        self.emit(bytes([self.r.choice(LOADS[kind]), 0]) + leb(offset), "i", kind, True)

    def store(self):
        kind = self.r.choice(NUMERIC)
        offset = self.address(2)
        self.push(kind, 2)
        self.tidy()
        self.emit(bytes([self.r.choice(STORES[kind]), 0]) + leb(offset), "i" + kind)

    def want(self, types, depth=1):
        """The types on top of the stack, of which the first may be there already: between instructions only."""
        above = self.above()
        have = next(k for k in range(min(len(types), len(above)), -1, -1) if above.endswith(types[:k]))
        if self.r.random() < 0.2:
            have = 0
        for kind in types[have:]:
            self.push(kind, depth)

    # ---- calls ----

    def call(self):
        r, m = self.r, self.module
        func = r.randrange(m.nfuncs)
        params, results = m.kinds[m.func_kinds[func]]
        if r.random() < 0.6:
            self.want(params)
            self.emit(b"\x10" + leb(func), params, results)
            return
        slot = r.choice([s for s, f in enumerate(m.slots) if f == func] or [0])
        if m.slots[slot] != func:
            params, results = m.kinds[m.func_kinds[m.slots[slot]]]
            func = m.slots[slot]
        self.want(params)
        if r.random() < 0.97:
            self.emit(b"\x41" + sleb(slot), "", "i")
        else:
            self.push("i")
        self.emit(b"\x11" + leb(m.func_kinds[func]) + b"\0", params + "i", results)

    def log(self):
        index, kind = self.r.choice([(i, t) for i, (_, t) in enumerate(LOGS)])
        self.want(kind, 2)
        self.emit(b"\x10" + leb(index), kind)

    def bulk(self):
        r = self.r
        if r.random() < 0.5:
            for mask in (0xFFFF, 0xFFFF, 0xFF):
                self.push("i", 1)
                self.emit(b"\x41" + sleb(mask) + b"\x71")
            self.emit(r.choice([b"\xfc\x0a\0\0", b"\xfc\x0b\0"]), "iii")
        elif r.random() < 0.5:
            self.emit(b"\x41" + sleb(r.randrange(64)) + b"\x41" + sleb(r.randrange(4)) + b"\x41" + sleb(r.randrange(5)) + b"\xfc\x08\1\0")
        else:  # in the upper half of the table, which nobody calls by number
            at = b"\x41" + sleb(SLOTS // 2 + r.randrange(4))
            self.emit(r.choice([at + self.const("p") + b"\x26\0", at + self.const("p") + b"\x41\x03\xfc\x11\0",
                                at + b"\x41\0\x41\x02\xfc\x0e\0\0", at + b"\x41\0\x41\x02\xfc\x0c\1\0",
                                self.const("p") + b"\x41\x01\xfc\x0f\0\x1a"]))

    # ---- control ----

    def kind_of_block(self, params, results):
        if not params and len(results) < 2 and self.r.random() < 0.9:
            return bytes([CODES[results]]) if results else b"\x40"
        return sleb(self.module.kind(params, results))

    def some_types(self, most):
        return "".join(self.any_type() for _ in range(self.r.choice([0, 0, 1, 1, 2, 3, most])))

    def block(self, result=None):
        """A block; of that result, and then without parameters."""
        r = self.r
        if len(self.labels) > 7 or self.left < 5:
            if result:
                self.leaf(result)
            return
        params = "" if result else self.some_types(6)
        if params and r.random() < 0.6:  # what is there
            params = self.above()[-r.randrange(1, 8):]
        results = result or self.some_types(6)
        op = r.choice([0x02, 0x02, 0x03, 0x04, 0x04])
        if op == 0x04 and r.random() < 0.25 and not result:
            results = params
        self.want(params)
        if op == 0x04:
            self.push("i", 1)
            self.emit(b"", "i")
        below = len(self.stack) - len(params)
        self.emit(bytes([op]) + self.kind_of_block(params, results))
        self.labels.append(Label(params if op == 0x03 else results, results, below, op == 0x03))
        if op == 0x03:
            self.burn()
        self.inside(results)
        if op == 0x04 and (params != results or r.random() < 0.7):
            self.stack[below:] = params
            self.emit(b"\x05")
            self.inside(results)
        self.labels.pop()
        self.stack[below:] = results
        self.emit(b"\x0b")

    def burn(self):
        """Returns without fuel."""
        self.emit(b"\x23\0\x41\x01\x6b\x24\0\x23\0\x41\0\x48\x04\x40" + b"".join(ZERO[t] for t in self.results) + b"\x0f\x0b")

    def inside(self, results):
        """The code of a block, up to its end."""
        r = self.r
        if not self.walk(r.choice([1, 3, 6, 10])):
            self.finish(results)

    def finish(self, results):
        if self.above() == results:
            return
        if not self.labels[-1].loop and self.r.random() < 0.4:
            self.want(results)
            self.emit(b"\x0c\0")
            return
        while not results.startswith(self.above()):
            self.take()
        for kind in results[len(self.above()):]:
            self.push(kind, 1)

    def take(self):
        """Something is done with the operand on top of the stack."""
        kind, r = self.stack[-1], self.r
        at = self.locals_of(kind)
        if at and r.random() < 0.5:
            self.emit(b"\x21" + leb(r.choice(at)), kind)
        elif (found := [g for g in self.module.globals_of(kind) if g]) and r.random() < 0.3:
            self.emit(b"\x24" + leb(r.choice(found)), kind)
        else:
            self.emit(b"\x1a", kind)

    def some_depth(self):
        """Rarely that of the function: what comes later would not be run."""
        most = len(self.labels) - 1
        return most if not most or self.r.random() < 0.05 else self.r.randrange(most)

    def br_if(self):
        depth = self.some_depth()
        takes = self.labels[-1 - depth].takes
        self.want(takes)
        self.push("i", 2)
        self.emit(b"\x0d" + leb(depth), "i")

    def maybe_leave(self):
        """A table of branches under a condition."""
        self.push("i", 2)
        self.emit(b"\x04\x40", "i")
        self.labels.append(Label("", "", len(self.stack)))
        self.leave(True)
        del self.stack[self.labels.pop().height:]
        self.emit(b"\x0b")

    def leave(self, by_table=False):
        """A branch that is always taken, and perhaps code behind it that is never reached."""
        r, way = self.r, 1 if by_table else self.r.random()
        depth = self.some_depth()
        takes = self.labels[-1 - depth].takes
        if way < 0.01:
            self.emit(b"\0")
        elif way < 0.05:
            self.want(self.results)
            self.emit(b"\x0f")
        elif way < 0.55:
            self.want(takes)
            self.emit(b"\x0c" + leb(depth))
        else:
            alike = [d for d in range(len(self.labels)) if self.labels[-1 - d].takes == takes and d < len(self.labels) - 1] or [depth]
            self.want(takes)
            self.push("i", 1)
            self.emit(b"\x41" + sleb(r.choice([1, 3, 7, 15])) + b"\x71" if r.random() < 0.8 else b"")
            self.emit(b"\x0e" + vector([leb(r.choice(alike)) for _ in range(r.choice([0, 1, 3, 6, 12]))]) + leb(depth), "i")
        if r.random() < 0.2:
            self.out += r.choice([b"\x41\x05\x1a", b"\x6a\x1a", b"\x02\x7f\x41\x01\x0b\x1a", b"\x03\x40\x0c\0\x0b", b"\x04\x40\x05\x0b\0",
                                  b"\x1b\x1a", b"\x0d\0\0", b"\x20\0\x1a" if self.locals else b"\0"])

    def walk(self, steps):
        """Instructions; true if the end of the block cannot be reached."""
        r = self.r
        for _ in range(steps):
            if self.left < 0:
                break
            self.left -= 1
            if len(self.stack) > self.most and self.above():
                self.take()
                continue
            choice = r.random()
            above = self.above()
            fit = [op for op in OPS if above.endswith(op[1])] if above else []
            if fit and choice < 0.3:
                self.emit(*r.choice(fit))
            elif choice < 0.36:
                for _ in range(r.choice([3, 8, self.most])):
                    self.leaf(self.any_type())
            elif choice < 0.45:
                self.push(self.any_type(), 3)
            elif choice < 0.56 and above:
                self.take()
            elif choice < 0.62:
                self.store()
            elif choice < 0.7:
                self.call()
            elif choice < 0.75:
                self.log()
            elif choice < 0.77:
                self.bulk()
            elif choice < 0.855:
                self.block()
            elif choice < 0.88:
                self.maybe_leave()
            elif choice < 0.96 and (len(self.labels) > 1 or r.random() < 0.05):
                self.br_if()
            elif choice >= 0.96 and len(self.labels) > 1:
                self.leave()
                return True
        return False

    def tell(self, locals_):
        """Logs them."""
        for at, kind in locals_:
            if kind in NUMERIC:
                self.emit(b"\x20" + leb(at) + b"\x10" + leb(NUMERIC.index(kind)))

    def body(self):
        every = list(enumerate(self.locals))
        self.burn()
        if self.r.random() < 0.5:
            self.tell(every[:20])
        while self.left > 0:
            self.walk(10)
        self.tell(every[-12:])
        self.finish(self.results)
        runs = vector([leb(n) + bytes([CODES[t]]) for n, t in self.runs])
        return runs + bytes(self.out) + b"\x0b"


class Operators:
    """Functions of one operator after the other, on numbers for which they go wrong, each operand in one of the places
    where it can be: a constant, a local, a register, memory."""

    def __init__(self, module):
        self.module, self.r = module, module.r

    def number(self, kind):
        if kind in "iI":
            word = self.r.choice(WORDS if kind == "i" or self.r.random() < 0.5 else [1 << 32, (1 << 63) - 1, -(1 << 63), -1, *HALVES])
            return word, ONE[kind][:1] + sleb(word)
        number = self.r.choice(NUMBERS + [2.0**31 - 1, -2.0**31, 2.0**63 - 2048, 2.0**24 + 1, 1e-310, 0.1])
        return number, ONE[kind][:1] + struct.pack("<f" if kind == "f" else "<d", number)

    def place(self, kind, code):
        way = self.r.randrange(4)
        if way == 1:
            at = leb(NUMERIC.index(kind) + 4 * self.r.randrange(2))
            return code + b"\x21" + at + b"\x20" + at if self.r.random() < 0.5 else code + b"\x22" + at
        if way == 2:
            return code + ZERO[kind] + b"\x41\x01\x1b"
        return b"\x02" + bytes([CODES[kind]]) + code + b"\x0b" if way == 3 else code

    def traps(self, op, numbers):
        return op in DIVISIONS and (numbers[1] == 0 or (op[0] in b"\x6d\x7f" and numbers[1] == -1 and
                                                       numbers[0] == -(1 << (31 if op[2] == "i" else 63))))

    def one(self, traps):
        """The code of an operator that traps or not, and its result's type."""
        while True:
            op = self.r.choice(DIVISIONS if traps else [op for op in OPS + DIVISIONS if not set(op[1]) & set("pr")])
            numbers = [self.number(kind) for kind in op[1]]
            if self.traps(op, [n for n, _ in numbers]) == traps:
                return b"".join(self.place(kind, code) for kind, (_, code) in zip(op[1], numbers)) + op[0], op[2]

    def body(self, n):
        """Logs n results."""
        locals_ = vector([b"\x01" + bytes([CODES[t]]) for t in NUMERIC * 2])
        logs = (code + b"\x10" + leb(NUMERIC.index(kind)) for code, kind in (self.one(False) for _ in range(n)))
        return locals_ + b"".join(logs) + b"\x0b"

    def trap(self):
        locals_ = vector([b"\x01" + bytes([CODES[t]]) for t in NUMERIC * 2])
        return locals_ + self.one(True)[0] + b"\x1a\x0b"


class Shapes:
    def __init__(self, r):
        self.r, self.kinds = r, []
        self.globals = "i" + "".join(r.choice(NUMERIC) for _ in range(r.randrange(1, 7)))
        self.exact = r.random() < 0.2  # a memory in pages of one byte
        self.size = r.randrange(0x1FFF0, 0x20010) if self.exact else PAGES << 16
        n = r.randrange(3, 10)
        self.func_kinds = [self.kind(t, "") for _, t in LOGS]
        self.func_kinds += [self.kind(self.some(30), self.some(8)) for _ in range(n)]
        self.nfuncs = len(self.func_kinds)
        self.slots = [r.randrange(self.nfuncs) for _ in range(SLOTS // 2)]
        nothing = self.kind("", "")
        operators = Operators(self)
        self.others = [(f"o{i}", nothing, operators.body(60)) for i in range(2)]
        self.others += [(f"t{i}", nothing, operators.trap()) for i in range(3)]
        self.bodies = [Function(self, self.kinds[self.func_kinds[len(LOGS) + i]]).body() for i in range(n)]

    def kind(self, params, results):
        if (params, results) not in self.kinds:
            self.kinds.append((params, results))
        return self.kinds.index((params, results))

    def globals_of(self, kind):
        return [i for i, t in enumerate(self.globals) if t == kind]

    def some(self, most):
        r = self.r
        n = r.choice([0, 1, 1, 2, 3, 4, r.randrange(5, 12), r.randrange(most + 1)])
        letters = r.choice(["iIfF", "iIfF", "iI", "fF", "iIfFpr"])
        return "".join(r.choice(letters) for _ in range(min(n, most)))

    def wrappers(self):
        """Exports that fill in fuel and call a function."""
        made = []
        for i, kind in enumerate(self.func_kinds[len(LOGS):], len(LOGS)):
            params, results = self.kinds[kind]
            if set(params + results) <= set(NUMERIC):
                gets = b"".join(b"\x20" + leb(k) for k in range(len(params)))
                made.append((f"f{i}", kind, b"\0\x41" + sleb(FUEL) + b"\x24\0" + gets + b"\x10" + leb(i) + b"\x0b"))
        return made

    def bytes(self):
        made = self.wrappers() + self.others
        sections = {
            1: [b"\x60" + types_bytes(p) + types_bytes(q) for p, q in self.kinds],
            2: [b"\x0ffuzzing-support" + leb(len(name)) + name.encode() + b"\0" + leb(i) for i, (name, _) in enumerate(LOGS)],
            3: [leb(k) for k in self.func_kinds[len(LOGS):]] + [leb(k) for _, k, _ in made],
            4: [b"\x70\x01" + leb(SLOTS) + leb(SLOTS + 8)],
            5: [b"\x09" + leb(self.size) + leb(self.size + 40) + b"\0" if self.exact else b"\x01" + leb(PAGES) + leb(PAGES + self.r.randrange(3))],
            6: [bytes([CODES[t], 1]) + ZERO[t] + b"\x0b" for t in self.globals],
            7: [leb(len(name)) + name.encode() + b"\0" + leb(self.nfuncs + i) for i, (name, _, _) in enumerate(made)],
            9: [b"\0\x41\0\x0b" + vector([leb(f) for f in self.slots]), b"\1\0" + vector([leb(f) for f in self.slots[:4]]),
                b"\3\0" + vector([leb(f) for f in range(self.nfuncs)])],
            12: 2,
            10: [leb(len(b)) + b for b in self.bodies + [body for _, _, body in made]],
            11: [b"\0\x41\x10\x0b" + leb(200) + self.r.randbytes(200), b"\1" + leb(64) + self.r.randbytes(64)],
        }
        out = b"\0asm\1\0\0\0"
        for number, items in sections.items():
            content = leb(items) if isinstance(items, int) else vector(items)
            out += bytes([number]) + leb(len(content)) + content
        return out


def make(r):
    return Shapes(r).bytes()
