"""A random C guest that is right about ownership, from a seed; or one with one mistake planted in it."""
import random

import blocks
from body import BLOCKS, Body, Left, Var

PRELUDE = """/* Made by tests/cgen/cgen.py from seed {seed}. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

static uint32_t seed;
static uint8_t buffer[64];

/* What the compiler cannot know. */
static uint32_t pick(uint32_t n)
{{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 16) % n;
}}

static Doc doc_of(uint32_t id)
{{
    Doc doc = Doc_new(1 + id % 5);
    Doc_id_set(doc, id);
    Doc_title_put(doc, Text_new(4 + id % 9));
    return doc;
}}
"""

MAIN = """
int main(int argc, char **argv)
{{
    uint32_t total = argc > 1 ? (uint32_t)atoi(argv[1]) : 1;
    seed = total;
{roles}{calls}
    return 0 * (int)total;
}}
"""


class Helper:
    """kind: make (returns owned), find (or null), eat (consumes), lend (borrows), turn (consumes, returns)"""

    def __init__(self, kind, name, takes, returns):
        self.kind, self.name, self.takes, self.returns = kind, name, takes, returns

    def call(self, *args):
        return f"{self.name}({', '.join(args)})"


class Table:
    def __init__(self, name, kind, takes, n):
        self.name, self.kind, self.takes, self.n = name, kind, takes, n


class Program:
    def __init__(self, seed, plant=None, plant_at=0, channels=True):
        self.seed, self.rng = seed, random.Random(seed)
        self.plant, self.plant_at = plant, plant_at
        self.chances = {}  # by class of mistake: places where it could be made
        self.planted = None
        self.helpers, self.tables, self.text = [], [], []
        self.names = {}
        self.budget = 0
        self.channels = channels

    def fresh(self, stem):
        stem = stem.lower()
        self.names[stem] = self.names.get(stem, 0) + 1
        return f"{stem}{self.names[stem]}"

    def mistake(self, kind):
        """True once: at the place of the class where the mistake is wanted."""
        n = self.chances.get(kind, 0)
        self.chances[kind] = n + 1
        if kind == self.plant and n == self.plant_at:
            self.planted = kind
            return True
        return False

    # ---- functions ----

    def function(self, head, body):
        inline = self.rng.choice(["static ", "static ", "static ", "__attribute__((noinline)) static "])
        self.text.append(f"\n{inline}{head}\n{{\n" + "\n".join(body.lines) + "\n}\n")

    def write(self, result, params, fill, cleanup=False):
        """A body: declarations, what `fill` writes, and the end that `result` asks for."""
        b = Body(self, result, cleanup)
        b.env = {v.name: v for v in params}
        b.put("uint32_t total = k;")
        if cleanup:
            for _ in range(self.rng.randrange(1, 4)):
                b.declare(self.rng.choice(BLOCKS), "null", "singula_null()")
            b.depth = 1  # what is declared from here on is not known at `out`
        try:
            value = fill(b)
            if cleanup:
                b.end_scope(0)
                for v in b.env.values():
                    if v.depth == 0 and v.state == "moved":
                        b.set_null(v)
                    elif v.state == "lent":
                        b.become(v, "lent")
            elif isinstance(value, Var):
                b.leave_with(value)
            else:
                b.leave("total")
        except Left:
            pass
        if cleanup:
            if b.used_out:
                b.label_out()
            else:
                b.end_scope(-1)
            b.put("return total;" if result else "return;")
        return b

    def helper(self):
        kind = self.rng.choice(["make", "find", "eat", "eat", "lend", "lend", "turn", "plain", "recursive"])
        type_ = self.rng.choice(BLOCKS)
        if kind == "recursive":
            return self.recursive()
        name = self.fresh(kind)
        self.budget = self.rng.randrange(4, 14)
        most = 4
        cleanup = kind in ("eat", "lend", "plain") and self.rng.randrange(100) < 30
        a = Var("a", type_, "owned", -1)
        if kind in ("make", "find"):
            def fill(b):
                blocks.statements(b, most)
                if kind == "make" or b.chance(60):
                    return b.one("owned", types=(type_,), consumable=True) or \
                        b.declare(type_, "owned", b.fresh_value(type_))
                v = b.one("maybe", types=(type_,))
                return v if v and v.full else b.declare(type_, "null", "singula_null()")
            b = self.write(f"ref:{type_}" + (":maybe" if kind == "find" else ""), [], fill)
            head = f"{type_} {name}(uint32_t k)"
        elif kind == "eat":
            def fill(b):
                blocks.statements(b, most)
            b = self.write(None, [Var("a", type_, "owned", 0)], fill, cleanup)
            head = f"void {name}({type_} a, uint32_t k)"
        elif kind == "lend":
            def fill(b):
                blocks.statements(b, most)
                if self.mistake("lent-is-freed"):
                    b.put(f"{type_}_free(a); /* mistake */")
            b = self.write("uint32_t", [Var("a", type_, "lent", 0)], fill, cleanup)
            head = f"uint32_t {name}({type_} a, uint32_t k)"
        elif kind == "turn":
            def fill(b):
                blocks.statements(b, most)
                return b.one("owned", types=(type_,)) or b.declare(type_, "owned", b.fresh_value(type_))
            b = self.write(f"ref:{type_}", [Var("a", type_, "owned", 0)], fill)
            head = f"{type_} {name}({type_} a, uint32_t k)"
        else:
            b = self.write("uint32_t", [], lambda b: blocks.statements(b, most + 2), cleanup)
            head = f"uint32_t {name}(uint32_t k)"
        del a
        self.function(head, b)
        self.helpers.append(Helper(kind, name, type_ if kind in ("eat", "lend", "turn") else None,
                                   type_ if kind in ("make", "find", "turn") else None))

    def recursive(self):
        """Functions that people write by recursion."""
        which = self.rng.choice(["length", "drop", "reverse", "insert", "sum", "fall"])
        n = self.fresh(which)
        texts = {
            "length": ("lend", "Node", None, f"""uint32_t {n}(Node a, uint32_t k)
{{
    Node rest = Node_next_take(a);
    if (singula_is_null(rest))
        return 1;
    uint32_t more = {n}(rest, k + 1);
    Node_next_put(a, rest);
    return more + 1;
}}"""),
            "drop": ("eat", "Node", None, f"""void {n}(Node a, uint32_t k)
{{
    if (k > 40) {{
        Node_free(a);
        return;
    }}
    Node rest = Node_next_take(a);
    Node_free(a);
    if (!singula_is_null(rest))
        {n}(rest, k + 1);
}}"""),
            "reverse": ("turn", "Node", "Node", f"""Node {n}_on(Node a, Node done)
{{
    Node rest = Node_next_take(a);
    if (!singula_is_null(done))
        Node_next_put(a, done);
    return singula_is_null(rest) ? a : {n}_on(rest, a);
}}

static Node {n}(Node a, uint32_t k)
{{
    Node_key_set(a, (int32_t)k);
    return {n}_on(a, singula_null());
}}""".replace("    return singula_is_null(rest) ? a : ", "    if (singula_is_null(rest))\n        return a;\n    return ")),
            "insert": ("make", None, "Tree", f"""Tree {n}_into(Tree root, int32_t key)
{{
    if (singula_is_null(root)) {{
        Tree leaf = Tree_new();
        Tree_key_set(leaf, key);
        return leaf;
    }}
    if (key < Tree_key_get(root)) {{
        Tree left = {n}_into(Tree_left_take(root), key);
        Tree_left_put(root, left);
    }} else {{
        Tree right = {n}_into(Tree_right_take(root), key);
        Tree_right_put(root, right);
    }}
    return root;
}}

static Tree {n}(uint32_t k)
{{
    Tree root = Tree_new();
    for (uint32_t i = 0; i < k % 7; i++)
        root = {n}_into(root, (int32_t)pick(100));
    return root;
}}"""),
            "sum": ("lend", "Tree", None, f"""uint32_t {n}(Tree a, uint32_t k)
{{
    uint32_t total = (uint32_t)Tree_key_get(a) + k;
    Tree left = Tree_left_take(a);
    if (!singula_is_null(left)) {{
        total += {n}(left, k);
        Tree_left_put(a, left);
    }}
    Tree right = Tree_right_take(a);
    if (!singula_is_null(right)) {{
        total += {n}(right, k);
        Tree_right_put(a, right);
    }}
    return total;
}}"""),
            "fall": ("eat", "Tree", None, f"""void {n}(Tree a, uint32_t k)
{{
    Tree left = Tree_left_take(a), right = Tree_right_take(a);
    Tree_free(a);
    if (!singula_is_null(left))
        {n}(left, k);
    if (!singula_is_null(right)) {{
        if (pick(4) == 0)
            Tree_free(right);
        else
            {n}(right, k);
    }}
}}"""),
        }
        kind, takes, returns, text = texts[which]
        self.text.append(f"\nstatic {text}\n")
        self.helpers.append(Helper(kind, n, takes, returns))

    def table(self):
        """Functions of one type behind pointers."""
        kind = self.rng.choice(["eat", "lend"])
        for type_ in self.rng.sample(BLOCKS, len(BLOCKS)):
            found = [f for f in self.helpers if f.kind == kind and f.takes == type_]
            if len(found) >= 2:
                name = self.fresh("table")
                result = "void" if kind == "eat" else "uint32_t"
                names = ", ".join(f.name for f in found)
                self.text.append(f"\nstatic {result} (*const {name}[])({type_}, uint32_t) = {{{names}}};\n")
                self.tables.append(Table(name, kind, type_, len(found)))
                return

    # ---- all of it ----

    def generate(self):
        for _ in range(self.rng.randrange(4, 10)):
            self.helper()
            if self.rng.randrange(4) == 0:
                self.table()
        if self.channels:
            import channels
            channels.functions(self)
        return PRELUDE.format(seed=self.seed) + "".join(self.text) + self.main()

    def main(self):
        """Calls everything that nothing else calls, and some of the rest."""
        calls = []
        for f in self.helpers:
            k = f"total + {self.rng.randrange(10)}"
            if f.kind in ("serve", "ask"):
                continue
            if f.kind in ("plain", "channel"):
                calls.append(f"total += {f.call(k)};")
            elif f.kind == "make":
                calls.append(f"{f.returns}_free({f.call(k)});")
            elif f.kind == "find":
                calls.append(f"{f.returns}_free({f.call(k)});")
            else:
                value = "doc_of(total)" if f.takes == "Doc" else \
                    f"{f.takes}_new({'5' if f.takes == 'Text' else ''})"
                v = self.fresh(f.takes)
                calls.append(f"{f.takes} {v} = {value};")
                if f.kind == "eat":
                    calls.append(f"{f.call(v, k)};")
                elif f.kind == "lend":
                    calls += [f"total += {f.call(v, k)};", f"{f.takes}_free({v});"]
                else:
                    calls += [f"{v} = {f.call(v, k)};", f"{f.returns}_free({v});"]
        return MAIN.format(roles=self.roles(), calls="\n".join("    " + c for c in calls))

    def roles(self):
        """Server and client as processes of their own."""
        servers, clients = ([f for f in self.helpers if f.kind == kind] for kind in ("serve", "ask"))
        if not servers or not clients:
            return ""
        lines = ['    if (argc > 2 && strcmp(argv[2], "serve") == 0) {',
                 '        Store_listener listener = Store_exp_listen("store", 5);',
                 "        if (singula_is_null(listener))", "            return 1;",
                 "        for (;;) {", "            Store_exp ep = Store_listener_accept(listener);",
                 "            if (singula_is_null(ep))", "                break;"]
        if len(servers) > 1:
            lines += ["            if (total & 1)", f"                total += {servers[1].call('ep', 'total')};",
                      "            else", f"                total += {servers[0].call('ep', 'total')};"]
        else:
            lines.append(f"            total += {servers[0].call('ep', 'total')};")
        lines += ["        }", "        Store_listener_close(listener);", "        return 0;", "    }",
                  '    if (argc > 2 && strcmp(argv[2], "ask") == 0) {',
                  '        Store_imp ep = Store_imp_connect("store", 5);',
                  "        if (singula_is_null(ep))", "            return 1;"]
        lines += [f"        total += {f.call('ep', 'total')};" for f in clients]
        lines += ["        Store_imp_close(ep);", "        return 0;", "    }"]
        return "\n".join(lines) + "\n"
