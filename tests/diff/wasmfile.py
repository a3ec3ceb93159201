"""What the differential tests must know of a module: its exports, and how to add some that tell its state."""

VALUES = {0x7F: "i", 0x7E: "I", 0x7D: "f", 0x7C: "F"}
TYPE, IMPORT, FUNCTION, MEMORY, GLOBAL, EXPORT, CODE = 1, 2, 3, 5, 6, 7, 10
# the order of sections in a module: the data count stands before the code
ORDER = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11]


def leb(n):
    out = bytearray()
    while True:
        n, low = n >> 7, n & 0x7F
        out.append(low | (0x80 if n else 0))
        if not n:
            return bytes(out)


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def byte(self):
        self.at += 1
        return self.data[self.at - 1]

    def number(self):
        n = shift = 0
        while True:
            b = self.byte()
            n |= (b & 0x7F) << shift
            shift += 7
            if b < 0x80:
                return n

    def bytes(self):
        n = self.number()
        self.at += n
        return self.data[self.at - n:self.at]

    def limits(self):
        """The logarithm of a page."""
        flags = self.byte()
        self.number()
        if flags & 1:
            self.number()
        return self.number() if flags & 8 else 16

    def constant(self):
        """Skips an initialiser."""
        skip = {0x41: self.number, 0x42: self.number, 0x23: self.number, 0xD2: self.number, 0xD0: self.byte,
                0x43: lambda: self.skip(4), 0x44: lambda: self.skip(8)}
        while (op := self.byte()) != 0x0B:
            skip[op]()

    def skip(self, n):
        self.at += n


class Module:
    """Types are pairs of strings of i I f F, with ? for what the tests have no values of."""

    def __init__(self, data):
        self.sections = []  # (id, content)
        r = Reader(data)
        r.skip(8)
        while r.at < len(data):
            kind = r.byte()
            self.sections.append((kind, r.bytes()))
        self.types, self.funcs, self.globals, self.exports, self.memories, self.ndefined = [], [], [], [], 0, 0
        self.nglobals_imported = 0
        for kind, read in [(TYPE, self.read_type), (IMPORT, self.read_import), (FUNCTION, self.read_function),
                           (MEMORY, self.read_memory), (GLOBAL, self.read_global), (EXPORT, self.read_export)]:
            content = self.section(kind)
            if content:
                r = Reader(content)
                for _ in range(r.number()):
                    read(r)

    def section(self, kind):
        return next((content for k, content in self.sections if k == kind), None)

    def read_type(self, r):
        assert r.byte() == 0x60
        self.types.append(tuple("".join(VALUES.get(b, "?") for b in r.bytes()) for _ in range(2)))

    def read_import(self, r):
        r.bytes(), r.bytes()
        kind = r.byte()
        if kind == 0:
            self.funcs.append(r.number())
        elif kind == 1:
            r.byte(), r.limits()
        elif kind == 2:
            self.page = r.limits()
            self.memories += 1
        else:
            self.globals.append((VALUES.get(r.byte(), "?"), r.byte()))

    def read_function(self, r):
        self.funcs.append(r.number())
        self.ndefined += 1

    def read_memory(self, r):
        self.page = r.limits()
        self.memories += 1

    def read_global(self, r):
        self.globals.append((VALUES.get(r.byte(), "?"), r.byte()))
        r.constant()

    def read_export(self, r):
        name = r.bytes().decode()
        kind, index = r.byte(), r.number()
        if kind == 0:
            self.exports.append((name, *self.types[self.funcs[index]]))

    def grow(self, kind, items):
        """Appends to a section that is a vector; makes it if there is none."""
        old = self.section(kind)
        r = Reader(old or b"\0")
        count = r.number()
        new = (kind, leb(count + len(items)) + (old or b"\0")[r.at:] + b"".join(items))
        if old is None:
            at = next((i for i, (k, _) in enumerate(self.sections) if k and ORDER.index(k) > ORDER.index(kind)),
                      len(self.sections))
            self.sections.insert(at, new)
        else:
            self.sections = [new if k == kind else (k, content) for k, content in self.sections]

    def add_peeks(self):
        """Exports functions that tell the size of memory 0 and the mutable globals; lines of a plan about them."""
        told = [("diff_pages", "i", b"\x3f\x00")] if self.memories else []
        told += [(f"diff_global_{i}", kind, b"\x23" + leb(i)) for i, (kind, mutable) in enumerate(self.globals)
                 if mutable and kind in "iIfF"][:60]
        code = {letter: byte for byte, letter in VALUES.items()}
        first = len(self.funcs)
        self.grow(TYPE, [b"\x60\x00\x01" + bytes([code[kind]]) for _, kind, _ in told])
        self.grow(FUNCTION, [leb(len(self.types) + i) for i in range(len(told))])
        self.grow(EXPORT, [leb(len(name)) + name.encode() + b"\0" + leb(first + i) for i, (name, _, _) in enumerate(told)])
        bodies = [b"\0" + body + b"\x0b" for _, _, body in told]
        self.grow(CODE, [leb(len(b)) + b for b in bodies])
        return [f"pages {name} {self.page}" if name == "diff_pages" else f"peek {name} {kind}" for name, kind, _ in told]

    def bytes(self):
        return b"\0asm\1\0\0\0" + b"".join(bytes([k]) + leb(len(c)) + c for k, c in self.sections)
