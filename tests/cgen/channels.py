"""Functions about channels: servers, clients, endpoints that travel, slots, frozen blocks, sets.

A `channel` function holds both ends of its channels and never waits for what nobody sends, so a program runs in one
process. `serve` functions take the server's end, `ask` functions borrow the client's; main() can run them as two
processes too."""
import blocks
from body import Body, Left, Var

TAGS = {"Put": "STORE_TAG_Put", "Get": "STORE_TAG_Get", "List": "STORE_TAG_List", "Stop": "STORE_TAG_Stop"}


def some(b, most=2):
    if b.chance(60):
        blocks.statements(b, most)


def channel(b, name):
    """Both ends of a new channel: (exp, imp)."""
    s = b.declare(f"{name}_exp", "maybe", f"{name}_channel()", name=b.p.fresh(name + "s"))
    missing(b, s)
    c = b.declare(f"{name}_imp", "maybe", f"{name}_exp_peer({s.name})", name=b.p.fresh(name + "c"))
    missing(b, c)
    return s, c


def missing(b, v):
    """Gives up if there is none."""
    def away():
        b.env[v.name].state = "null"
        b.leave("3")

    if v.type.endswith("_exp") and b.p.mistake("not-tested-endpoint"):
        b.put(f"{v.type}_close({v.name}); /* mistake */")
    if b.chance(20):
        b.put(f"if (singula_is_null({v.name}))")
        b.put(f"    {b.rng.choice(['exit(9)', 'abort()'])};")
    else:
        lines, _ = b.arm(away)
        b.put(f"if (singula_is_null({v.name})) {{")
        b.lines += lines
        b.put("}")
    v.state = "owned"


# ---- what the client does ----

def take_doc(b):
    """The name of an owned, complete Doc that may be given away."""
    v = b.one("owned", types=("Doc",), consumable=True)
    if not v or v.depth < b.depth - 3:
        v = b.declare("Doc", "owned", b.fresh_value("Doc"))
    b.fill(v)
    if b.p.mistake("field-not-filled"):
        b.put(f"Text_free(Doc_title_take({v.name})); /* mistake */")
    return v


def take_list(b):
    v = b.one("owned", types=("Node",), consumable=True)
    return v or b.declare("Node", "owned", b.fresh_value("Node"))


def request(b, c, kind):
    b.env[c].rest = False
    if kind == "Put":
        doc = take_doc(b)
        b.put(f"Store_imp_send_Put({c}, (int32_t){b.number()}, {doc.name});")
        after_send(b, doc)
    elif kind == "Get":
        b.put(f"Store_imp_send_Get({c}, (int32_t)({b.number()}));")
        if b.p.mistake("sent-twice"):
            b.put(f"Store_imp_send_Get({c}, 0); /* mistake */")
    else:
        node = take_list(b)
        b.put(f"Store_imp_send_List({c}, {node.name});")
        after_send(b, node)


def after_send(b, v):
    v.state = "moved"
    if b.p.mistake("use-after-send"):
        b.put(f"{b.use_of(v)} /* mistake */")
    elif b.p.mistake("free-after-send"):
        b.put(f"{v.type}_free({v.name}); /* mistake */")


def got_doc(b, c):
    found = b.p.fresh("found")
    b.put(f"struct Store_Found {found};")
    doc = b.declare("Doc", "owned", f"Store_imp_recv_Found({c}, &{found})")
    b.put(f"{b.total} += (uint32_t){found}.key;")
    if b.chance(50):
        b.put(b.use_of(doc))
    return doc


def got_nothing(b, c):
    m = b.p.fresh("missing")
    b.put(f"struct Store_Missing {m};")
    b.put(f"Store_imp_recv_Missing({c}, &{m});")
    b.put(f"{b.total} ^= (uint32_t){m}.key;")


def answer_to_get(b, c):
    """Found or Missing."""
    how = b.rng.randrange(4)
    right, other_tag = "STORE_TAG_Found", "STORE_TAG_Missing"
    if b.p.mistake("wrong-arm"):
        b.put("/* mistake: the wrong way round */")
        right, other_tag = other_tag, right
    if how == 0:
        b.branches([f"if (Store_imp_next({c}) == {right}) {{", "} else {"],
                   [lambda: got_doc(b, c), lambda: got_nothing(b, c)])
        return
    tag = b.p.fresh("tag")
    if how == 1:
        b.put(f"int {tag} = Store_imp_next({c});")
        other = b.rng.choice([f"}} else if ({tag} == {other_tag}) {{", "} else {"])
        heads, fills = [f"if ({tag} == {right}) {{", other], [lambda: got_doc(b, c), lambda: got_nothing(b, c)]
        if "else if" in other:
            heads.append("} else {")
            fills.append(lambda: dead_end(b))
        b.branches(heads, fills)
        return
    if how == 2:
        b.put(f"int {tag};")
        b.put(f"while (({tag} = Store_imp_wait({c}, {b.rng.choice(['1000', '50000000'])})) == SINGULA_NONE)")
        b.put(f"    {b.total}++;")
        subject = tag
    else:
        subject = f"Store_imp_next({c})"
    arms = [b.case(lambda: got_doc(b, c)), b.case(lambda: got_nothing(b, c)), b.case(lambda: dead_end(b))]
    b.finish(arms)
    b.put(f"switch ({subject}) {{")
    for label, (lines, end) in zip((f"case {right}", f"case {other_tag}", "default"), arms):
        b.put(f"{label}: {{")
        b.lines += lines
        if end is not None:
            b.put("    break;")
        b.put("}")
    b.put("}")


def dead_end(b):
    """The peer is gone: the program cannot go on."""
    b.put(b.rng.choice(["exit(4);", "abort();", "__builtin_trap();"]))
    raise Left


def answer(b, c, kind):
    received(b, c, kind)
    b.env[c].rest = True


def received(b, c, kind):
    if kind == "Put":
        st = b.p.fresh("stored")
        b.put(f"struct Store_Stored {st};")
        b.put(f"Store_imp_recv_Stored({c}, &{st});")
        b.put(f"{b.total} += {st}.count;")
        if b.p.mistake("received-twice"):
            b.put(f"Store_imp_recv_Stored({c}, &{st}); /* mistake */")
    elif kind == "Get":
        answer_to_get(b, c)
    else:
        v = b.declare("Node", "owned", f"Store_imp_recv_Sorted({c})")
        if b.chance(50):
            b.put(b.use_of(v))


def call(b, c):
    """Request and answer in one step; the other side must be another process."""
    kind = b.rng.choice(["Put", "List"])
    if kind == "Put":
        doc, st = take_doc(b), b.p.fresh("stored")
        b.put(f"struct Store_Stored {st};")
        b.put(f"Store_imp_call_Put_Stored({c}, {b.rng.randrange(9)}, {doc.name}, &{st});")
        after_send(b, doc)
        b.put(f"{b.total} += {st}.count;")
    else:
        node = take_list(b)
        new = b.chance(50)
        expr = f"Store_imp_call_List_Sorted({c}, {node.name})"
        if new:
            b.declare("Node", "owned", expr)
            node.state = "moved"
        else:
            b.put(f"{node.name} = {expr};")


# ---- what the server does ----

def serve_put(b, s):
    put = b.p.fresh("put")
    b.put(f"struct Store_Put {put};")
    doc = b.declare("Doc", "owned", f"Store_exp_recv_Put({s}, &{put})")
    b.put(f"{b.total} += (uint32_t){put}.key;")
    some(b)
    doc = b.env[doc.name]
    if b.chance(30) and doc.state == "owned":
        text = b.declare("Text", "owned", f"Doc_title_take({doc.name})") if doc.full else None
        if text:
            doc.full = False
            b.put(b.use_of(text))
    if b.p.mistake("answer-forgotten"):
        b.put("/* mistake: no answer */")
    else:
        b.put(f"Store_exp_send_Stored({s}, {b.number()});")


def serve_get(b, s):
    get = b.p.fresh("get")
    b.put(f"struct Store_Get {get};")
    b.put(f"Store_exp_recv_Get({s}, &{get});")
    if b.chance(40):
        some(b)

    def found():
        doc = take_doc(b)
        b.put(f"Store_exp_send_Found({s}, {get}.key, {doc.name});")
        after_send(b, doc)

    def nothing():
        b.put(f"Store_exp_send_Missing({s}, {get}.key);")

    b.branches([f"if ({b.rng.choice([f'{get}.key % 3', b.condition(), f'{get}.key > 2'])}) {{", "} else {"],
               [found, nothing])


def serve_list(b, s):
    v = b.declare("Node", "owned", f"Store_exp_recv_List({s})")
    turns = [f for f in b.p.helpers if f.kind == "turn" and f.takes == "Node"]
    if turns and b.chance(60):
        b.put(f"{v.name} = {b.rng.choice(turns).call(v.name, b.number())};")
    else:
        some(b)
        v = b.env[v.name]
        if v.state != "owned":
            v = b.declare("Node", "owned", b.fresh_value("Node"))
    b.put(f"Store_exp_send_Sorted({s}, {v.name});")
    after_send(b, v)


def serve_one(b, s, kind):
    b.env[s].rest = False
    {"Put": serve_put, "Get": serve_get, "List": serve_list}[kind](b, s)
    b.env[s].rest = True


def serve_stop(b, s, leave):
    stop = b.p.fresh("stop")
    b.put(f"struct Store_Stop {stop};")
    b.put(f"Store_exp_recv_Stop({s}, &{stop});")
    b.put(f"{b.total} += {stop}.why;")
    leave()


def dispatch(b, s, leave):
    """Any message, in state Ready. `leave` writes what happens after Stop, and when the peer has closed."""
    kinds = b.rng.sample(["Put", "Get", "List"], 3)
    arms = [b.case(lambda k=k: serve_one(b, s, k)) for k in kinds]
    arms.append(b.case(lambda: serve_stop(b, s, leave)))
    arms.append(b.case(leave))
    b.finish(arms)
    if b.chance(60):
        b.put(f"switch (Store_exp_next({s})) {{")
        for label, (lines, end) in zip([*(f"case {TAGS[k]}" for k in [*kinds, "Stop"]),
                                        b.rng.choice(["default", "case SINGULA_CLOSED:\ndefault"])], arms):
            b.put(f"{label}: {{")
            b.lines += lines
            if end is not None:
                b.put("    break;")
            b.put("}")
        b.put("}")
        return
    tag = b.p.fresh("tag")
    b.put(f"int {tag} = Store_exp_next({s});")
    for head, (lines, _) in zip([f"if ({tag} == {TAGS[kinds[0]]}) {{",
                                 *(f"}} else if ({tag} == {TAGS[k]}) {{" for k in [*kinds[1:], "Stop"]),
                                 "} else {"], arms):
        b.put(head)
        b.lines += lines
    b.put("}")


def exchange(b, s, c):
    """One request and its answer, both sides in this function."""
    kind = b.rng.choice(["Put", "Get", "List"])
    request(b, c.name, kind)
    some(b, 1)
    how = b.rng.randrange(3)
    if how == 0:
        dispatch(b, s.name, lambda: b.leave("5"))
    elif how == 1:
        b.put(f"if (Store_exp_next({s.name}) != {TAGS[kind]})")
        b.put("    exit(6);")
        serve_one(b, s.name, kind)
    else:
        serve_one(b, s.name, kind)
    some(b, 1)
    answer(b, c.name, kind)


def exchanges(b, s, c):
    if b.chance(40):
        b.put(f"uint32_t {(i := b.p.fresh('i'))} = 1 + pick(3);")
        b.loop("do {", lambda: exchange(b, b.env[s.name], b.env[c.name]), tail=f"}} while (--{i} > 0);")
    else:
        exchange(b, b.env[s.name], b.env[c.name])


# ---- functions ----

def talk(b):
    s, c = channel(b, "Store")
    for _ in range(b.rng.randrange(1, 3)):
        exchanges(b, s, c)
        some(b)
    s, c = b.env[s.name], b.env[c.name]
    if b.chance(30):
        b.put(f"Store_imp_send_Stop({c.name}, 1);")
        b.put(f"Store_imp_close({c.name});")
        c.state = "moved"
        if b.chance(50):
            stop = b.p.fresh("stop")
            b.put(f"struct Store_Stop {stop};")
            b.put(f"Store_exp_recv_Stop({s.name}, &{stop});")
        else:
            b.put(f"if (Store_exp_next({s.name}) == SINGULA_CLOSED) {b.total}++;")
            b.put(f"Store_exp_abandon({s.name});")
            s.state = "moved"
            return
        if b.p.mistake("use-after-end"):
            b.put(f"Store_exp_send_Stored({s.name}, 1); /* mistake */")
        b.put(f"Store_exp_close({s.name});")
        s.state = "moved"
    elif b.chance(40):
        b.put(f"Store_imp_close({c.name});")
        c.state = "moved"
        if b.chance(50):
            b.put(f"if (Store_exp_next({s.name}) == SINGULA_CLOSED) {{")
            b.put(f"    {b.total}++;")
            b.put(f"    Store_exp_close({s.name});")
            b.put("} else {")
            b.put(f"    Store_exp_abandon({s.name});")
            b.put("}")
            s.state = "moved"


def handed_to_server(b):
    """A request for a function that serves until its client has closed."""
    servers = [f for f in b.p.helpers if f.kind == "serve"]
    if not servers:
        return talk(b)
    s, c = channel(b, "Store")
    if b.chance(60):
        exchanges(b, s, c)
    kind = b.rng.choice(["Put", "Get", "List"])
    request(b, c.name, kind)
    b.put(f"Store_imp_abandon({c.name});")
    b.env[c.name].state = "moved"
    b.put(f"{b.total} += {b.rng.choice(servers).call(s.name, b.number())};")
    b.env[s.name].state = "moved"
    if b.p.mistake("use-after-call-endpoint"):
        b.put(f"Store_exp_abandon({s.name}); /* mistake */")


def log(b):
    e, c = channel(b, "Log")
    i = b.p.fresh("i")

    def line():
        if b.chance(50):
            v = b.one("owned", types=("Text",), consumable=True) or b.declare("Text", "owned", b.fresh_value("Text"))
            b.put(f"Log_imp_send_Line({c.name}, {i}, {v.name});")
            after_send(b, v)
        else:
            b.put(f"Log_imp_send_Mark({c.name});")

    b.loop(f"for (uint32_t {i} = 0; {i} < pick({b.rng.randrange(2, 7)}); {i}++) {{", line)
    some(b)
    tag = b.p.fresh("tag")
    arms = [b.arm(lambda: got_line(b, e.name)), ([b.indent * "    " + f"    Log_exp_recv_Mark({e.name});"], b.snapshot())]
    entry = b.snapshot()
    for lines, end in arms:
        if end is not None:
            b.continue_in(lines, end, lambda: b.conform(entry))
    b.env = entry
    b.put(f"int {tag};")
    b.put(f"while (({tag} = Log_exp_poll({e.name})) >= 0) {{")
    for head, (lines, _) in zip((f"    if ({tag} == LOG_TAG_Line) {{", "    } else {"), arms):
        b.put(head)
        b.lines += ["    " + line for line in lines]
    b.put("    }")
    b.put("}")


def got_line(b, e):
    line = b.p.fresh("line")
    b.put(f"struct Log_Line {line};")
    text = b.declare("Text", "owned", f"Log_exp_recv_Line({e}, &{line})")
    b.put(f"{b.total} += {line}.n + Text_bytes_len({text.name});")


def desk(b):
    """An endpoint goes to another channel's other end and back."""
    s, c = channel(b, "Store")
    x, d = channel(b, "Desk")
    if b.chance(50):
        lend = b.p.fresh("lend")
        b.put(f"Desk_imp_send_Lend({d.name}, {b.number()}, {c.name});")
        if b.p.mistake("use-after-send-endpoint"):
            b.put(f"Store_imp_send_Get({c.name}, 1); /* mistake */")
        c.state = "moved"
        b.put(f"struct Desk_Lend {lend};")
        door = b.declare("Store_imp", "owned", f"Desk_exp_recv_Lend({x.name}, &{lend})", name=b.p.fresh("door"))
        for e in (d, x):
            e.rest = False
        exchange(b, b.env[s.name], door)
        if b.p.mistake("endpoint-in-wrong-state"):
            b.put(f"Store_imp_send_Get({door.name}, 1); /* mistake */")
        b.put(f"Desk_exp_send_Back({x.name}, {door.name});")
        b.env[door.name].state = "moved"
        if b.chance(50):
            b.put(f"{c.name} = Desk_imp_recv_Back({d.name});")
            b.env[c.name].state = "owned"
        else:
            b.declare("Store_imp", "owned", f"Desk_imp_recv_Back({d.name})", name=b.p.fresh("door"))
    else:
        t = b.declare("Ticket", "owned", "Ticket_new()")
        b.put(f"Ticket_door_put({t.name}, {c.name});")
        c.state = "moved"
        b.put(f"Desk_imp_send_Pass({d.name}, {t.name});")
        t.state = "moved"
        got = b.declare("Ticket", "owned", f"Desk_exp_recv_Pass({x.name})")
        for e in (d, x):
            e.rest = False
        if b.chance(60):
            door = b.declare("Store_imp", "owned", f"Ticket_door_take({got.name})", name=b.p.fresh("door"))
            exchange(b, b.env[s.name], door)
            if b.p.mistake("field-not-filled"):
                b.put(f"Store_imp_close({door.name}); /* mistake */")
            else:
                b.put(f"Ticket_door_put({got.name}, {door.name});")
            b.env[door.name].state = "moved"
        b.put(f"Desk_exp_send_Done({x.name}, {got.name});")
        b.env[got.name].state = "moved"
        b.declare("Ticket", "owned", f"Desk_imp_recv_Done({d.name})")
    for e in (b.env[d.name], b.env[x.name]):
        e.rest = True


def serve(p):
    """A server's loop: takes its end and closes it."""
    name = p.fresh("serve")
    p.budget = p.rng.randrange(2, 10)
    ep = Var("ep", "Store_exp", "owned", 0)
    b = Body(p, "uint32_t")
    b.env = {"ep": ep}
    b.put("uint32_t total = k;")
    if b.chance(50):
        b.declare("Node", "owned", b.fresh_value("Node"))
    kind = b.rng.randrange(3)
    try:
        if kind == 0:
            b.loop("for (;;) {", lambda: dispatch(b, "ep", lambda: b.leave(b.total)))
        elif kind == 1:
            b.loop("for (;;) {", lambda: dispatch(b, "ep", lambda: ended(b)))
        else:
            by_tag(b)
    except Left:
        pass
    p.function(f"uint32_t {name}(Store_exp ep, uint32_t k)", b)
    p.helpers.append(Helper("serve", name, "Store_exp", None))


def ended(b):
    b.put("Store_exp_close(ep);")
    b.env["ep"].state = "moved"
    b.leave(b.total)


def by_tag(b):
    """while ((tag = next) is one of these) ...; the end is after the loop."""
    tag = b.p.fresh("tag")
    kinds = b.rng.sample(["Put", "Get", "List"], b.rng.randrange(1, 3))
    b.put(f"int {tag};")

    def body():
        if len(kinds) == 1:
            return serve_one(b, "ep", kinds[0])
        b.branches([f"if ({tag} == {TAGS[kinds[0]]}) {{", "} else {"],
                   [lambda: serve_one(b, "ep", kinds[0]), lambda: serve_one(b, "ep", kinds[1])])

    if len(kinds) == 1:
        b.loop(f"while (({tag} = Store_exp_next(ep)) == {TAGS[kinds[0]]}) {{", body)
    else:
        b.put(f"{tag} = Store_exp_next(ep);")
        entry_tail = [f"    {tag} = Store_exp_next(ep);"]

        def again():
            body()
            b.lines += ["    " * (b.indent - 1) + line for line in entry_tail]

        b.loop(f"while ({tag} == {TAGS[kinds[0]]} || {tag} == {TAGS[kinds[1]]}) {{", again)
    if b.chance(50):
        b.put(f"if ({tag} == STORE_TAG_Stop) {{")
        b.put("    struct Store_Stop stop;")
        b.put("    Store_exp_recv_Stop(ep, &stop);")
        b.put(f"    {b.total} += stop.why;")
        b.put("    Store_exp_close(ep);")
        b.put(f"}} else if ({tag} == SINGULA_CLOSED) {{")
        b.put("    Store_exp_close(ep);")
        b.put("} else {")
        b.put("    Store_exp_abandon(ep);")
        b.put("}")
    else:
        b.put("Store_exp_abandon(ep);")
    b.env["ep"].state = "moved"
    b.leave(b.total)


def ask(p):
    """A client's function: borrows its end and leaves it as it was."""
    name = p.fresh("ask")
    p.budget = p.rng.randrange(2, 9)
    b = Body(p, "uint32_t")
    b.env = {"ep": Var("ep", "Store_imp", "lent", 0)}
    b.put("uint32_t total = k;")
    try:
        for _ in range(p.rng.randrange(1, 4)):
            if b.chance(30):
                call(b, "ep")
            else:
                kind = b.rng.choice(["Put", "Get", "List"])
                request(b, "ep", kind)
                answer(b, "ep", kind)
            some(b)
        b.leave(b.total)
    except Left:
        pass
    p.function(f"uint32_t {name}(Store_imp ep, uint32_t k)", b)
    p.helpers.append(Helper("ask", name, "Store_imp", None))


def functions(p):
    """Adds server and client functions and some that do both."""
    for _ in range(p.rng.randrange(1, 3)):
        serve(p)
    for _ in range(p.rng.randrange(1, 3)):
        ask(p)
    import keep
    for _ in range(p.rng.randrange(1, 4)):
        fill = p.rng.choice([talk, talk, handed_to_server, log, desk, *keep.FUNCTIONS])
        name = p.fresh(fill.__name__)
        p.budget = p.rng.randrange(3, 10)
        body = p.write("uint32_t", [], fill)
        p.function(f"uint32_t {name}(uint32_t k)", body)
        p.helpers.append(Helper("channel", name, None, None))


from program import Helper  # noqa: E402  (program imports this module when it is used)
