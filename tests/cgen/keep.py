"""Functions about what is kept or shared: slots, frozen blocks, wait sets."""
import blocks
import channels


def slots(b):
    """Blocks in slots: one goes in, what was there comes out."""
    for _ in range(b.rng.randrange(1, 4)):
        type_, n = b.rng.choice([("Text", 8), ("Node", 4), ("Doc", 2)])
        index = b.rng.choice([f"pick({n})", f"{b.total} % {n}", str(n - 1)])
        if b.chance(60):
            v = b.one("owned", types=(type_,), consumable=True) or b.declare(type_, "owned", b.fresh_value(type_))
            b.fill(v)
            old = b.declare(type_, "maybe", f"{type_}_slot_swap({index}, {v.name})")
            v.state = "moved"
            if b.p.mistake("use-after-store"):
                b.put(f"{b.use_of(v)} /* mistake */")
            if b.chance(60):
                b.free(old)
            else:
                blocks.guarded(b, old)
        else:
            v = b.declare(type_, "maybe", f"{type_}_slot_swap({index}, singula_null())")
            if b.p.mistake("not-tested"):
                b.put(f"{b.use_of(v)} /* mistake */")
            blocks.test_null(b, v)
        channels.some(b)


def endpoint_in_slot(b):
    s, c = channels.channel(b, "Store")
    if b.chance(50):
        channels.exchanges(b, s, c)
    c = b.env[c.name]
    index = b.rng.choice(["pick(4)", "2"])
    i = b.p.fresh("i")
    b.put(f"uint32_t {i} = {index};")
    old = b.declare("Store_imp", "maybe", f"Store_slot_imp_Ready_swap({i}, {c.name})", name=b.p.fresh("door"))
    c.state = "moved"
    b.free(old)
    channels.some(b)
    b.put(f"{c.name} = Store_slot_imp_Ready_swap({i}, singula_null());")
    b.env[c.name].state = "maybe"
    channels.missing(b, b.env[c.name])
    channels.exchange(b, b.env[s.name], b.env[c.name])


def read_frozen(b, f):
    b.put(b.rng.choice([f"{b.total} += Doc_id_get({f});", f"{b.total} += (uint32_t)Doc_marks_get({f}, 0);",
                        f"{b.total} ^= Doc_marks_len({f});"]))


def frozen(b):
    """A document that many own, none changes."""
    doc = channels.take_doc(b)
    f = b.declare("Doc_frozen", "owned", f"Doc_freeze({doc.name})", name=b.p.fresh("frozen"))
    doc.state = "moved"
    if b.p.mistake("write-after-freeze"):
        b.put(f"Doc_id_set({f.name}, 1); /* mistake */")
    read_frozen(b, f.name)
    for _ in range(b.rng.randrange(1, 4)):
        how = b.rng.randrange(4)
        if how == 0:
            share = b.declare("Doc_frozen", "owned", f"Doc_share({f.name})", name=b.p.fresh("share"))
            read_frozen(b, share.name)
        elif how == 1:
            old = b.declare("Doc_frozen", "maybe", f"Doc_frozen_slot_swap(pick(4), Doc_share({f.name}))",
                            name=b.p.fresh("old"))
            b.put(f"if (!singula_is_null({old.name}))")
            b.put(f"    {b.total} += Doc_id_get({old.name});")
            b.free(old)
        elif how == 2:
            text = b.declare("Text_frozen", "owned", f"Doc_title_share({f.name})", name=b.p.fresh("title"))
            b.put(f"{b.total} += Text_bytes_len({text.name});")
            if b.p.mistake("write-to-frozen-child"):
                b.put(f"Text_bytes_set({text.name}, 0, 1); /* mistake */")
        else:
            body = b.declare("Node_frozen", "maybe", f"Doc_body_share({f.name})", name=b.p.fresh("body"))
            b.put(f"if (!singula_is_null({body.name}))")
            b.put(f"    {b.total} += (uint32_t)Node_key_get({body.name});")
        channels.some(b, 1)
    if b.chance(60):
        back = b.declare("Doc", "maybe", f"Doc_thaw({f.name})")
        b.env[f.name].state = "moved"
        blocks.test_null(b, back)


def wait_set(b):
    """Servers of several clients that wait for whichever speaks first."""
    pairs = [channels.channel(b, "Store") for _ in range(b.rng.randrange(1, 3))]
    w = b.declare("Store_set", "maybe", "Store_set_exp_Ready_new()", name=b.p.fresh("set"))
    channels.missing(b, w)
    key = b.p.fresh("key")
    b.put(f"int64_t {key} = 0;")
    for n, (s, _) in enumerate(pairs):
        b.put(f"Store_set_exp_Ready_add({w.name}, {s.name}, {n});")
        if b.p.mistake("use-after-add"):
            b.put(f"Store_exp_close({s.name}); /* mistake */")
        b.env[s.name].state = "moved"
    for _ in range(b.rng.randrange(1, 3)):
        one_round(b, b.rng.choice(pairs)[1], w, key)


def one_round(b, c, w, key):
    c = b.env[c.name]
    kind = b.rng.choice(["Put", "Get", "List"])
    channels.request(b, c.name, kind)
    s = b.declare("Store_exp", "maybe", f"Store_set_exp_Ready_wait({w.name}, 1000000000, &{key})",
                  name=b.p.fresh("ready"))
    channels.missing(b, s)
    s = b.env[s.name]
    b.put(f"{b.total} += (uint32_t){key};")
    channels.dispatch(b, s.name, lambda: b.leave("7"))
    b.put(f"Store_set_exp_Ready_add({w.name}, {s.name}, {key});")
    b.env[s.name].state = "moved"
    channels.answer(b, c.name, kind)


FUNCTIONS = [slots, endpoint_in_slot, frozen, wait_set]
