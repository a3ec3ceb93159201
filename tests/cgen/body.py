"""One C function being written, with what it owns at each point.

The generator is correct by construction: every reference variable has a state, and whatever leaves a block of C
(its end, break, continue, return, goto) first brings the variables into the states that are expected where it
leads. The states:

    owned   there is an object, and this function must get rid of it
    maybe   the same, or null
    null    certainly null
    moved   the object went elsewhere; the variable may only be assigned
    lent    an owned parameter of the caller's: may be used, not given away
"""


class Var:
    """A reference variable. `full`: the `!` field of a Doc is filled. `rest`: no message is due on an endpoint, so that
    it may be closed."""

    def __init__(self, name, type_, state, depth, full=True, rest=True):
        self.name, self.type, self.state, self.depth, self.full, self.rest = name, type_, state, depth, full, rest

    def copy(self):
        return Var(self.name, self.type, self.state, self.depth, self.full, self.rest)

    def held(self):
        return self.state in ("owned", "maybe")


BLOCKS = ("Text", "Node", "Tree", "Doc")
ENDED_BY_FREE = {**{t: t + "_free" for t in (*BLOCKS, "Ticket")}, "Doc_frozen": "Doc_free", "Text_frozen": "Text_free",
                 "Node_frozen": "Node_free"}
LENGTHS = {"Text": "{n}", "Doc": "{n}", "Node": "", "Tree": "", "Ticket": ""}


class Left(Exception):
    """The statement that was written leaves the block: nothing may follow."""


class Body:
    def __init__(self, program, result=None, cleanup=False):
        self.p, self.rng, self.result = program, program.rng, result
        self.env, self.depth = {}, 0
        self.lines, self.indent = [], 1
        self.loops = []  # (state of the variables at the header, depth outside)
        self.switches = 0  # in the innermost loop: there `break` leaves the switch
        self.arms = 0  # nesting of arms, to bound it
        self.cleanup = cleanup  # leave by `goto out`, where everything of depth 0 is freed
        self.used_out = False
        self.total = "total"

    # ---- text ----

    def put(self, line):
        self.lines.append("    " * self.indent + line)

    def chance(self, percent):
        return self.rng.randrange(100) < percent

    def number(self):
        """A value that the compiler cannot know."""
        kind = self.rng.randrange(4)
        if kind == 0:
            return f"pick({self.rng.randrange(2, 9)})"
        if kind == 1:
            return f"{self.total} % {self.rng.randrange(2, 7)}"
        if kind == 2:
            return f"({self.total} >> {self.rng.randrange(1, 5)} & {self.rng.choice([3, 7, 15])})"
        return f"pick(4) + {self.rng.randrange(5)}"

    def condition(self):
        form = self.rng.randrange(6)
        if form == 0:
            return f"pick({self.rng.randrange(2, 4)})"
        if form == 1:
            return f"{self.total} & {self.rng.choice([1, 2, 4, 6])}"
        if form == 2:
            return f"pick(8) < {self.rng.randrange(2, 7)}"
        if form == 3:
            return f"{self.number()} == {self.rng.randrange(3)}"
        if form == 4:
            return f"{self.total} % 3 == 1 || pick(5) == 0"
        return f"pick(4) != 0 && {self.total} > {self.rng.randrange(4)}"

    def length(self):
        """At least 4: load and store of an i32 fit."""
        return self.rng.choice([f"4 + {self.number()}", str(self.rng.randrange(4, 20)), "8 + pick(9)"])

    # ---- variables ----

    def declare(self, type_, state, value=None, name=None, full=True):
        name = name or self.p.fresh(type_)
        if value is not None:
            self.put(f"{type_} {name} = {value};")
        v = self.env[name] = Var(name, type_, state, self.depth, full)
        return v

    def vars(self, *states, types=None, consumable=False):
        """Candidates. What is to be consumed must be replaceable where a loop goes on."""
        floor = self.loops[-1][1] if self.loops else -1
        found = []
        for v in self.env.values():
            if v.state not in states or (types and v.type not in types):
                continue
            if consumable and v.type not in BLOCKS and v.depth <= floor:
                continue
            found.append(v)
        return found

    def one(self, *states, types=None, consumable=False):
        found = self.vars(*states, types=types, consumable=consumable)
        return self.rng.choice(found) if found else None

    def fresh_value(self, type_, whole=True):
        """An expression that makes an owned T, never null."""
        makers = [f for f in self.p.helpers if f.kind == "make" and f.returns == type_]
        if makers and self.chance(50):
            return self.rng.choice(makers).call(self.number())
        if type_ == "Doc" and whole:
            return f"doc_of({self.number()})"
        return f"{type_}_new({LENGTHS[type_].format(n=self.length())})"

    def renew(self, v):
        self.put(f"{v.name} = {self.fresh_value(v.type)};")
        v.state, v.full = "owned", True

    def set_null(self, v):
        self.put(f"{v.name} = singula_null();")
        v.state = "null"

    # ---- giving things away ----

    def free(self, v):
        """Frees an owned or maybe variable. It is dead afterwards."""
        name, was = v.name, v.state
        if v.type in ENDED_BY_FREE:
            if was != "null" and self.p.mistake("leak" if was == "owned" else "leak-maybe"):
                self.put(f"/* mistake: {name} is not freed */")
            else:
                self.put(f"{ENDED_BY_FREE[v.type]}({name});")
            if was == "owned" and v.type in BLOCKS:
                if self.p.mistake("double-free"):
                    self.put(f"{v.type}_free({name}); /* mistake */")
                elif self.p.mistake("use-after-free"):
                    self.put(f"{self.use_of(v)} /* mistake */")
        else:
            word = "close" if v.type.endswith("listener") or v.rest and self.chance(60) else "abandon"
            end = f"{v.type}_{word}({name});"
            if v.type == "Store_set":
                end = f"Store_set_exp_Ready_free({name});"
            if self.p.mistake("endpoint-not-closed"):
                end = f"/* mistake: {name} is not closed */"
            self.put(end if was == "owned" else f"if (!singula_is_null({name})) {end}"
                     if not end.startswith("/*") else end)
            if was == "owned" and v.type.startswith("Store_imp") and self.p.mistake("use-after-close"):
                self.put(f"Store_imp_send_Get({name}, 1); /* mistake */")
        v.state = "moved"

    def give(self, v):
        """Gets rid of an owned variable in some way."""
        eaters = [f for f in self.p.helpers if f.kind == "eat" and f.takes == v.type]
        if v.state == "owned" and v.full and eaters and self.chance(50):
            self.put(self.rng.choice(eaters).call(v.name, self.number()) + ";")
            v.state = "moved"
            if self.p.mistake("use-after-call"):
                self.put(f"{self.use_of(v)} /* mistake */")
            return
        self.free(v)

    def use_of(self, v):
        """A statement that uses a block without changing who owns what."""
        n, t = v.name, self.total
        lenders = [f for f in self.p.helpers if f.kind == "lend" and f.takes == v.type]
        if lenders and self.chance(35) and v.full:
            return f"{t} += {self.rng.choice(lenders).call(n, self.number())};"
        forms = {
            "Text": [f"{t} += Text_bytes_len({n});", f"{t} += Text_bytes_get({n}, Text_bytes_len({n}) - 1);",
                     f"Text_bytes_set({n}, 0, (uint8_t){t});", f"Text_bytes_store_i32({n}, 0, (int32_t){t});",
                     f"{t} ^= (uint32_t)Text_bytes_load_i32({n}, 0);", f"Text_bytes_read({n}, 0, buffer, 4);",
                     f"Text_bytes_write({n}, 0, buffer, 4);"],
            "Node": [f"{t} += (uint32_t)Node_key_get({n});", f"Node_key_set({n}, (int32_t){t});"],
            "Tree": [f"{t} += (uint32_t)Tree_key_get({n});", f"Tree_key_set({n}, (int32_t)({t} & 31));"],
            "Doc": [f"{t} += Doc_id_get({n});", f"Doc_marks_set({n}, 0, (int32_t){t});",
                    f"Doc_id_set({n}, {t} + 1);", f"{t} += Doc_marks_len({n});"],
            "Ticket": [f"Ticket_who_set({n}, {t});", f"{t} += Ticket_who_get({n});"],
        }
        return self.rng.choice(forms[v.type])

    def fill(self, v):
        """Fills the `!` field of a Doc."""
        if not v.full:
            self.put(f"Doc_title_put({v.name}, {self.fresh_value('Text')});")
            v.full = True

    def end_scope(self, depth, keep=()):
        """Gives away what was declared deeper than `depth`."""
        for v in sorted(self.env.values(), key=lambda v: self.rng.random()):
            if v.depth > depth and v not in keep and v.held():
                self.give(v) if v.state == "owned" and v.type in BLOCKS else self.free(v)

    # ---- where paths meet ----

    def become(self, v, state, full=True):
        """Brings one variable into the state that is expected elsewhere."""
        if state == "moved":
            if v.held():
                self.free(v)
            return
        if state == "lent":
            if not v.full and full:
                self.fill(v)
            return
        if state == "null" and v.state != "null":
            if v.held():
                self.free(v)
            self.set_null(v)
        elif state == "maybe" and v.state == "moved":
            self.set_null(v)
        elif state == "owned" and v.state == "maybe":
            self.put(f"if (singula_is_null({v.name}))")
            self.put(f"    {v.name} = {self.fresh_value(v.type)};")
            v.full = v.full and full
        elif state == "owned" and v.state in ("moved", "null"):
            self.renew(v)
        if v.type == "Doc" and full and v.state in ("owned", "maybe") and not v.full:
            if v.state == "owned":
                self.fill(v)
            else:
                self.put(f"if (!singula_is_null({v.name}))")
                self.put(f"    Doc_title_put({v.name}, {self.fresh_value('Text')});")
                v.full = True

    def conform(self, target):
        """Brings all variables that `target` knows into its states."""
        for name, t in target.items():
            self.become(self.env[name], t.state, t.full)

    def snapshot(self):
        return {n: v.copy() for n, v in self.env.items()}

    def goal(self, envs):
        """States that all of these environments can be brought into."""
        target = {}
        for name in self.env:
            states = {e[name].state for e in envs}
            v = self.env[name].copy()
            v.full = all(e[name].full for e in envs if e[name].state in ("owned", "maybe", "lent")) \
                or v.type != "Doc" or len(states) > 1
            if len(states) == 1:
                v.state = states.pop()
            elif states <= {"owned", "maybe", "null"}:
                v.state = "maybe"
            elif self.chance(50) or v.type not in BLOCKS:
                v.state = "moved"
            else:
                v.state = "maybe" if self.chance(60) else "owned"
            v.rest = all(e[name].rest for e in envs)
            target[name] = v
        return target

    def arm(self, fill):
        """Writes a nested block aside: (lines, variables at its end or None if it leaves)."""
        lines, env = self.lines, self.env
        self.lines, self.env = [], self.snapshot()
        self.indent += 1
        self.depth += 1
        self.arms += 1
        end = None
        try:
            fill()
            self.end_scope(self.depth - 1)
            end = {n: v for n, v in self.env.items() if n in env}
        except Left:
            pass
        mine = self.lines
        self.indent -= 1
        self.depth -= 1
        self.arms -= 1
        self.lines, self.env = lines, env
        return mine, end

    def case(self, fill):
        """An arm of a switch."""
        self.switches += 1
        made = self.arm(fill)
        self.switches -= 1
        return made

    def finish(self, arms):
        """Adds to each arm what makes their variables agree, and goes on from there. True: some arm gets here."""
        ends = [end for _, end in arms if end is not None]
        if not ends:
            return False
        target = self.goal(ends)
        for lines, end in arms:
            if end is not None:
                self.continue_in(lines, end, lambda: self.conform(target))
        self.env = target
        return True

    def continue_in(self, lines, end, what):
        keep_lines, keep_env = self.lines, self.env
        self.lines, self.env = lines, end
        self.indent += 1
        self.depth += 1
        what()
        self.indent -= 1
        self.depth -= 1
        self.lines, self.env = keep_lines, keep_env

    def branches(self, heads, fills):
        """heads[i] opens arm i ("if (x) {", "} else {"); an arm that nobody opens is an empty else."""
        arms = [self.arm(f) for f in fills]
        missing = not any(h.startswith("} else {") for h in heads)
        if missing:
            arms.append(([], self.snapshot()))
        live = self.finish(arms)
        for head, (lines, _) in zip(heads, arms):
            self.put(head)
            self.lines += lines
        if missing and arms[-1][0]:
            self.put("} else {")
            self.lines += arms[-1][0]
        self.put("}")
        if not live:
            raise Left

    def loop(self, head, fill, tail="}"):
        """A loop that may end at its header, by break, or after its body: the same states everywhere."""
        for v in self.env.values():  # what the loop is entered with
            if v.state == "moved" and v.type in BLOCKS and self.chance(50):
                self.set_null(v)
        entry = self.snapshot()
        self.loops.append((entry, self.depth))
        outside, self.switches = self.switches, 0
        lines, end = self.arm(fill)
        self.switches = outside
        self.loops.pop()
        if end is not None:
            self.continue_in(lines, end, lambda: self.conform(entry))
        self.put(head)
        self.lines += lines
        self.put(tail)
        self.env = entry

    def leave_loop(self, word):
        entry, depth = self.loops[-1]
        if any(self.env[n].rest != v.rest for n, v in entry.items()):
            self.leave()  # a message is due on an endpoint
        self.end_scope(depth)
        self.conform(entry)
        self.put("continue;" if self.switches else word + ";")
        raise Left

    # ---- leaving the function ----

    def leave(self, value="0"):
        """Returns, with everything given away. `value` is not a reference."""
        if any(v.state == "lent" and not v.rest for v in self.env.values()):
            self.put("exit(3); /* in the middle of an exchange */")
            raise Left
        if self.result and self.result.startswith("ref:"):
            type_ = self.result.split(":")[1]
            if "maybe" in self.result:
                value = "singula_null()"
            else:
                made = self.declare(type_, "owned", self.fresh_value(type_))
                return self.leave_with(made)
        elif self.result is None:
            value = ""
        if self.cleanup and not (self.result or "").startswith("ref:"):
            self.end_scope(0)
            for v in self.env.values():
                if v.depth == 0 and v.state == "moved":
                    self.set_null(v)
                elif v.state == "lent":
                    self.become(v, "lent")
            if self.result:
                self.put(f"{self.total} += {value};")
            self.used_out = True
            self.put("goto out;")
            raise Left
        if any(v.state == "owned" for v in self.env.values()) and self.p.mistake("early-return"):
            self.put("/* mistake: returns with what it owns */")
        else:
            self.end_scope(-1)
        for v in self.env.values():
            self.become(v, "lent") if v.state == "lent" else None
        self.put(f"return {value};" if value else "return;")
        raise Left

    def leave_with(self, v):
        """Returns an owned reference."""
        self.fill(v) if v.type == "Doc" and v.state == "owned" else None
        self.end_scope(-1, keep=(v,))
        for w in self.env.values():
            self.become(w, "lent") if w.state == "lent" else None
        self.put(f"return {v.name};")
        raise Left

    def label_out(self):
        """The end of a function with cleanup."""
        self.lines.append("out:")
        for v in self.env.values():
            if v.depth == 0 and v.state != "lent":
                v.state = "maybe"
                self.free(v)
