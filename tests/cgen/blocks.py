"""Statements about blocks: what people write who build, walk, change and hand round lists, trees and documents.

Each function writes one idiom into a Body and keeps its variables' states right."""
from body import BLOCKS, LENGTHS, Left, Var


def statements(b, most):
    """A few statements in a row."""
    for _ in range(b.rng.randrange(1, most + 1)):
        statement(b)


def statement(b):
    if b.p.budget <= 0:
        return use(b)
    b.p.budget -= 1
    found = [(w, f) for w, f in IDIOMS if b.arms < 3 or f not in NESTING]
    total = b.rng.randrange(sum(w for w, _ in found))
    for weight, idiom in found:
        total -= weight
        if total < 0:
            return idiom(b)


def use(b):
    v = b.one("owned", "lent")
    if v and v.type in (*BLOCKS, "Ticket"):
        b.put(b.use_of(v))
    else:
        b.put(f"{b.total} = {b.total} * {b.rng.choice([3, 5, 7])} + {b.number()};")


def make(b):
    """A new block: never null, or tested in one of the usual ways."""
    type_ = b.rng.choice(BLOCKS)
    if b.chance(55):
        made = b.declare(type_, "owned", b.fresh_value(type_))
        if b.chance(40):
            b.put(b.use_of(made))
        return
    makers = [f for f in b.p.helpers if f.kind == "find" and f.returns == type_]
    value = f"{type_}_alloc({LENGTHS[type_].format(n=b.length())})"
    full = type_ != "Doc"
    if makers and b.chance(50):
        value, full = b.rng.choice(makers).call(b.number()), True
    v = b.declare(type_, "maybe", value, full=full)
    if b.p.mistake("not-tested"):
        b.put(f"{b.use_of(v)} /* mistake */")
    test_null(b, v)
    if v.state == "owned" and not v.full:
        b.fill(v)


def test_null(b, v):
    """Finds out whether a variable is null. A Doc whose title is empty is owned afterwards."""
    name = v.name
    how = b.rng.randrange(6)
    if how == 0 and v.full:  # later
        if b.chance(50):
            guarded(b, v)
        return
    if how <= 2:
        b.put(f"if (singula_is_null({name})) {{")
        lines, _ = b.arm(lambda: give_up(b, v))
        b.lines += lines
        b.put("}")
        v.state = "owned"
        return
    if how == 3 and v.full:
        guarded(b, v)
        return
    b.put(f"if (singula_is_null({name}))" if b.chance(70) else f"if (singula_is_null({name}) != 0)")
    b.put(f"    {name} = {b.fresh_value(v.type)};")
    v.state = "owned"


def give_up(b, v):
    """Within an arm where v is null."""
    b.env[v.name].state = "null"
    if b.loops and b.chance(50):
        b.leave_loop(b.rng.choice(["break", "continue"]))
    b.leave(b.rng.choice(["1", "0", b.total]))


def guarded(b, v):
    """if (!null) { ... } with the block given away inside or not."""
    name = v.name

    def inside():
        b.env[name].state = "owned"
        b.put(b.use_of(b.env[name]))
        if b.chance(40):
            statements(b, 2)
        if b.chance(40) and b.env[name].state == "owned" and b.vars("owned", consumable=True):
            if b.env[name] in b.vars("owned", consumable=True):
                b.give(b.env[name])
                b.set_null(b.env[name])

    lines, end = b.arm(inside)
    if end is None:
        b.put(f"if (!singula_is_null({name})) {{")
        b.lines += lines
        b.put("}")
        v.state = "null"
        return
    other = b.snapshot()
    other[name].state = "null"
    arms = [(lines, end), ([], other)]
    b.finish(arms)
    b.put(f"if (!singula_is_null({name})) {{")
    b.lines += lines
    if arms[1][0]:
        b.put("} else {")
        b.lines += arms[1][0]
    b.put("}")


def give(b):
    v = b.one("owned", types=BLOCKS, consumable=True)
    if v:
        if b.p.mistake("overwritten"):
            b.put(f"{v.name} = {b.fresh_value(v.type)}; /* mistake */")
        b.give(v)
        if b.chance(30):
            b.set_null(v)
    else:
        make(b)


def again(b):
    """A variable whose object went elsewhere gets a new one."""
    v = b.one("moved", "null", types=BLOCKS)
    if v:
        b.renew(v)
    else:
        use(b)


def choose(b):
    """if / else if / else over opaque values."""
    heads, fills = [f"if ({b.condition()}) {{"], [lambda: statements(b, 3)]
    if b.chance(25):
        heads.append(f"}} else if ({b.condition()}) {{")
        fills.append(lambda: statements(b, 2))
    if b.chance(50):
        heads.append("} else {")
        fills.append(lambda: statements(b, 3))
    b.branches(heads, fills)


def leave_early(b):
    """if (...) return / break / continue / goto out"""
    def away():
        if b.loops and b.chance(60):
            b.leave_loop(b.rng.choice(["break", "continue"]))
        b.leave(b.rng.choice(["2", b.total]))

    b.branches([f"if ({b.condition()}) {{"], [away])


def switch(b):
    n = b.rng.randrange(2, 5)
    labels = b.rng.sample(range(8), n - 1)
    arms = [b.case(lambda: statements(b, 2)) for _ in range(n)]
    live = b.finish(arms)
    b.put(f"switch ({b.total} % 8) {{" if b.chance(50) else "switch (pick(8)) {")
    for label, (lines, end) in zip([*map(str, labels), None], arms):
        b.put(f"case {label}: {{" if label is not None else "default: {")
        b.lines += lines
        if end is not None:
            b.put("    break;")
        b.put("}")
    b.put("}")
    if not live:
        raise Left


def repeat(b):
    """for, while and do loops."""
    i = b.p.fresh("i")
    kind = b.rng.randrange(4)
    limit = b.number()

    def body():
        statements(b, 3)
        v = b.one("owned", types=BLOCKS)
        if v and v.depth <= b.loops[-1][1] and b.p.mistake("freed-in-loop"):
            b.put(f"{v.type}_free({v.name}); /* mistake */")

    if kind == 0:
        b.put(f"uint32_t {i}n = {limit};")
        b.loop(f"for (uint32_t {i} = 0; {i} < {i}n; {i}++) {{", body)
    elif kind == 1:
        b.put(f"uint32_t {i} = {limit};")
        b.loop(f"while ({i}-- > 0) {{", body)
    elif kind == 2:
        b.put(f"uint32_t {i} = 1 + pick(4);")
        b.loop("do {", body, tail=f"}} while (--{i} > 0);")
    else:
        b.put(f"uint32_t {i} = 0;")

        def for_ever():
            b.branches([f"if ({i}++ >= {limit}) {{"], [lambda: b.leave_loop("break")])
            body()

        b.loop("for (;;) {", for_ever)


def swap(b):
    for v in b.vars("owned", types=BLOCKS):
        others = [w for w in b.vars("owned", types=(v.type,)) if w is not v and w.full == v.full]
        if others:
            w = b.rng.choice(others)
            t = b.p.fresh("swap")
            inside = [f"{v.type} {t} = {v.name};", f"{v.name} = {w.name};", f"{w.name} = {t};"]
            if b.chance(60):
                b.put(f"if ({b.condition()}) {{")
                for line in inside:
                    b.put("    " + line)
                b.put("}")
            else:
                for line in inside:
                    b.put(line)
            return
    make(b)


def flag(b):
    """A block that is there when a flag says so."""
    type_ = b.rng.choice(["Text", "Node", "Tree"])
    v, have = b.p.fresh(type_), b.p.fresh("have")
    b.put(f"{type_} {v} = singula_null();")
    b.put(f"int {have} = 0;")
    b.put(f"if ({b.condition()}) {{")
    b.put(f"    {v} = {b.fresh_value(type_)};")
    b.put(f"    {have} = 1;")
    b.put("}")
    if b.chance(60):
        use(b)
    b.put(f"if ({have}) {{")
    temp = b.env[v] = Var(v, type_, "owned", b.depth + 1)
    b.indent += 1
    b.put(b.use_of(temp))
    b.give(temp)
    b.indent -= 1
    b.put("}")
    del b.env[v]


def children(b):
    """Puts one block into another, or takes one out."""
    parent = b.one("owned", "lent", types=("Node", "Doc", "Tree"))
    if not parent:
        return make(b)
    field, type_ = b.rng.choice({"Node": [("text", "Text"), ("next", "Node")],
                                 "Doc": [("body", "Node"), ("title", "Text")],
                                 "Tree": [("left", "Tree"), ("right", "Tree")]}[parent.type])
    op = f"{parent.type}_{field}"
    kids = [v for v in b.vars("owned", types=(type_,), consumable=True) if v is not parent]
    if kids and b.chance(60):
        kid = b.rng.choice(kids)
        b.put(f"{op}_put({parent.name}, {kid.name});")
        kid.state = "moved"
        if b.p.mistake("use-after-put"):
            b.put(f"{b.use_of(kid)} /* mistake */")
        if (parent.type, field) == ("Doc", "title"):
            parent.full = True
        return
    if (parent.type, field) == ("Doc", "title"):
        if not parent.full:
            return b.fill(parent)
        taken = b.declare("Text", "owned", f"{op}_take({parent.name})")
        parent.full = False
        if b.chance(50):
            b.put(b.use_of(taken))
        if b.chance(60):
            b.put(f"Doc_title_put({parent.name}, {taken.name});")
            taken.state, parent.full = "moved", True
        return
    taken = b.declare(type_, "maybe", f"{op}_take({parent.name})")
    if b.p.mistake("not-tested"):
        b.put(f"{b.use_of(taken)} /* mistake */")
    how = b.rng.randrange(3)
    if how == 0:
        b.put(f"if (!singula_is_null({taken.name})) {{")
        b.indent += 1
        taken.state = "owned"
        b.put(b.use_of(taken))
        b.put(f"{op}_put({parent.name}, {taken.name});")
        b.indent -= 1
        b.put("}")
        taken.state = "moved"
        del b.env[taken.name]
    elif how == 1:
        b.free(taken)
    else:
        test_null(b, taken)


def build_list(b):
    """A list, made from its end."""
    name, i = b.p.fresh("Node"), b.p.fresh("i")
    with_alloc = b.chance(40)
    b.put(f"Node {name} = singula_null();")
    b.put(f"for (uint32_t {i} = {b.number()}; {i} > 0; {i}--) {{")
    new = b.p.fresh("Node")
    b.put(f"    Node {new} = Node_{'alloc' if with_alloc else 'new'}();")
    if with_alloc:
        b.put(f"    if (singula_is_null({new}))")
        b.put("        break;")
    b.put(f"    Node_key_set({new}, (int32_t){i});")
    if b.chance(40):
        b.put(f"    Node_text_put({new}, Text_new({b.length()}));")
    if b.chance(60):
        b.put(f"    if (!singula_is_null({name}))")
        b.put(f"        Node_next_put({new}, {name});")
    else:
        b.put(f"    if (singula_is_null({name}))")
        b.put(f"        {b.total}++;")
        b.put("    else")
        b.put(f"        Node_next_put({new}, {name});")
    b.put(f"    {name} = {new};")
    b.put("}")
    b.env[name] = Var(name, "Node", "maybe", b.depth)
    return b.env[name]


def walk(b):
    """Goes through a list and frees it."""
    v = b.one("owned", "maybe", types=("Node",), consumable=True) or build_list(b)
    rest = b.p.fresh("Node")
    use = b.rng.choice([f"{b.total} += (uint32_t)Node_key_get({v.name});",
                        f"if (Node_key_get({v.name}) & 1) {b.total}++;"])
    b.put(f"while (!singula_is_null({v.name})) {{")
    b.put(f"    Node {rest} = Node_next_take({v.name});")
    b.put(f"    {use}")
    if b.chance(30):
        text = b.p.fresh("Text")
        b.put(f"    Text {text} = Node_text_take({v.name});")
        b.put(f"    if (!singula_is_null({text})) {{")
        b.put(f"        {b.total} += Text_bytes_len({text});")
        b.put(f"        Text_free({text});")
        b.put("    }")
    if b.p.mistake("leak"):
        b.put(f"    /* mistake: {v.name} is not freed */")
    else:
        b.put(f"    Node_free({v.name});")
    b.put(f"    {v.name} = {rest};")
    if b.chance(25):
        b.put(f"    if ({b.condition()})")
        b.put("        break;")
        b.put("}")
        b.put(f"Node_free({v.name});")
        v.state = "moved"
        return
    b.put("}")
    v.state = "null"


def reverse(b):
    v = b.one("owned", "maybe", types=("Node",), consumable=True) or build_list(b)
    out, rest = b.p.fresh("Node"), b.p.fresh("Node")
    b.put(f"Node {out} = singula_null();")
    b.put(f"while (!singula_is_null({v.name})) {{")
    b.put(f"    Node {rest} = Node_next_take({v.name});")
    b.put(f"    if (!singula_is_null({out}))")
    b.put(f"        Node_next_put({v.name}, {out});")
    b.put(f"    {out} = {v.name};")
    b.put(f"    {v.name} = {rest};")
    b.put("}")
    v.state = "null"
    b.env[out] = Var(out, "Node", "maybe", b.depth)


def split(b):
    """Two lists out of one: odd and even keys."""
    v = b.one("owned", "maybe", types=("Node",), consumable=True) or build_list(b)
    odd, even, rest = (b.p.fresh("Node") for _ in range(3))
    b.put(f"Node {odd} = singula_null(), {even} = singula_null();")
    b.put(f"while (!singula_is_null({v.name})) {{")
    b.put(f"    Node {rest} = Node_next_take({v.name});")
    for test, name in ((f"if (Node_key_get({v.name}) & 1) {{", odd), ("} else {", even)):
        b.put(f"    {test}")
        b.put(f"        if (!singula_is_null({name}))")
        b.put(f"            Node_next_put({v.name}, {name});")
        b.put(f"        {name} = {v.name};")
    b.put("    }")
    b.put(f"    {v.name} = {rest};")
    b.put("}")
    v.state = "null"
    for name in (odd, even):
        b.env[name] = Var(name, "Node", "maybe", b.depth)


def find(b):
    """Looks for a key: takes nodes off until it is there."""
    v = b.one("owned", "maybe", types=("Node",), consumable=True) or build_list(b)
    rest = b.p.fresh("Node")
    b.put(f"while (!singula_is_null({v.name}) && Node_key_get({v.name}) != {b.rng.randrange(4)}) {{")
    b.put(f"    Node {rest} = Node_next_take({v.name});")
    b.put(f"    Node_free({v.name});")
    b.put(f"    {v.name} = {rest};")
    b.put("}")
    v.state = "maybe"
    if b.chance(50):
        guarded(b, v)


def keep_best(b):
    """The best of several candidates; the others are freed."""
    type_ = b.rng.choice(["Text", "Node", "Tree"])
    key = {"Text": "(int32_t)Text_bytes_len({0})", "Node": "Node_key_get({0})", "Tree": "Tree_key_get({0})"}[type_]
    best, new, i, most = b.p.fresh(type_), b.p.fresh(type_), b.p.fresh("i"), b.p.fresh("most")
    b.put(f"{type_} {best} = singula_null();")
    b.put(f"int32_t {most} = -1;")
    b.put(f"for (uint32_t {i} = 0; {i} < {b.rng.randrange(2, 5)} + pick(4); {i}++) {{")
    b.put(f"    {type_} {new} = {b.fresh_value(type_)};")
    b.put(f"    if ({key.format(new)} > {most}) {{")
    b.put(f"        {most} = {key.format(new)};")
    if b.chance(50):
        b.put(f"        {type_}_free({best});")
        b.put(f"        {best} = {new};")
        b.put("    } else {")
        b.put(f"        {type_}_free({new});")
        b.put("    }")
    else:
        old = b.p.fresh(type_)
        b.put(f"        {type_} {old} = {best};")
        b.put(f"        {best} = {new};")
        b.put(f"        {new} = {old};")
        b.put("    }")
        b.put(f"    {type_}_free({new});")
    b.put("}")
    b.env[best] = Var(best, type_, "maybe", b.depth)


def transform(b):
    """v = helper(v)"""
    found = [(f, v) for f in b.p.helpers if f.kind == "turn"
             for v in b.vars("owned", types=(f.takes,), consumable=True) if v.full]
    if not found:
        return make(b)
    f, v = b.rng.choice(found)
    if b.chance(50):
        b.put(f"{v.name} = {f.call(v.name, b.number())};")
        return
    b.declare(f.returns, "owned", f.call(v.name, b.number()))
    v.state = "moved"
    if b.p.mistake("use-after-call"):
        b.put(f"{b.use_of(v)} /* mistake */")


def through_pointer(b):
    """A call through a table of functions."""
    tables = [t for t in b.p.tables]
    if not tables:
        return use(b)
    t = b.rng.choice(tables)
    v = b.one("owned", types=(t.takes,), consumable=t.kind == "eat")
    if not v or not v.full:
        return make(b)
    b.put(f"{t.name}[pick({t.n})]({v.name}, {b.number()});" if t.kind == "eat" else
          f"{b.total} += {t.name}[{b.total} % {t.n}]({v.name}, {b.number()});")
    if t.kind == "eat":
        v.state = "moved"


def borrow(b):
    found = [(f, v) for f in b.p.helpers if f.kind == "lend" for v in b.vars("owned", "lent", types=(f.takes,))
             if v.full]
    if not found:
        return use(b)
    f, v = b.rng.choice(found)
    b.put(f"{b.total} += {f.call(v.name, b.number())};")


def alias(b):
    """Two names for one block; the second is not used any more when the first is given away."""
    v = b.one("owned", types=BLOCKS)
    if not v or not v.full:
        return make(b)
    other = b.p.fresh("view")
    b.put(f"{v.type} {other} = {v.name};")
    second = Var(other, v.type, "lent", b.depth)
    b.put(b.use_of(second))
    if b.p.mistake("freed-through-alias"):
        b.put(f"{v.type}_free({other}); /* mistake */")


IDIOMS = [(18, make), (10, use), (14, give), (6, again), (12, choose), (6, leave_early), (6, switch), (9, repeat),
          (5, swap), (5, flag), (12, children), (4, build_list), (5, walk), (3, reverse), (2, split), (3, find),
          (3, keep_best), (6, transform), (4, through_pointer), (6, borrow), (3, alias)]
NESTING = (choose, leave_early, switch, repeat)
