#!/usr/bin/env python3
"""Writes a module that the ownership analysis gives up on, or its smaller twin that it decides. usage: generate.py NAME OUT.wat

NAME is one of the functions below, with `-twin` for the twin; docs/VERIFIER.md has the bounds."""
import sys

FIELDS = 6
BLOCKS = [f"block A {{ n: i32; }}", "block W { " + " ".join(f"c{i}: A;" for i in range(FIELDS)) + " }"]


def import_line(module, name, label, params="", result=""):
    signature = (f" (param {params})" if params else "") + (f" (result {result})" if result else "")
    return f'  (import "singula/{module}" "{name}" (func ${label}{signature}))'


def case(about, expect, contract, imports, body):
    lines = [f";; {about}, made by generate.py", f";; expect: {expect}"]
    if expect != "OK":
        lines.append(";; monitor: - nothing is wrong with it but its size")
    lines += [f";; contract: {line}" for line in contract] + ["(module"]
    lines += [import_line(*i) for i in imports] + ['  (import "env" "choose" (func $choose (result i32)))']
    return "\n".join(lines + ["  (memory 1)"] + body) + ")\n"


def rotation(n):
    """A loop that moves n blocks round by one; of the first it is not known whether it is there, and that creeps on by one place
    per round of the analysis."""
    locals_ = [f"(local $r{i} externref)" for i in range(n)] + ["(local $t externref)"]
    lines = ["    " + " ".join(locals_), "    (local.set $r0 (call $alloc))"]
    lines += [f"    (local.set $r{i} (call $new))" for i in range(1, n)]
    lines += ["    (loop $again", "      (local.set $t (local.get $r0))"]
    lines += [f"      (local.set $r{i} (local.get $r{i + 1}))" for i in range(n - 1)]
    lines += [f"      (local.set $r{n - 1} (local.get $t))", "      (br_if $again (call $choose)))"]
    return lines + [f"    (call $free (local.get $r{i}))" for i in range(n)]


def gray_calls(n, callee):
    """Calls with a block in n states: which of its children are there changes by one from call to call. That they are there must be
    remembered: a helper that is called in too many states is looked at once for all of them, which is enough for less."""
    def use(k):
        return [f"    (local.set $t (call $take{k} (local.get $w)))", "    (call $set (local.get $t) (i32.const 1))",
                "    (call $free (local.get $t))"]

    lines, there = [], 0
    for k in range(n):
        lines.append(f"    (call ${callee} (local.get $w))")
        bit = ((k + 1) & -(k + 1)).bit_length() - 1
        if there >> bit & 1:
            lines += use(bit)
        else:
            lines.append(f"    (call $put{bit} (local.get $w) (call $new))")
        there ^= 1 << bit
    return lines + [line for k in range(FIELDS) if there >> k & 1 for line in use(k)]


A_OPS = [("A", "new", "new", "", "externref"), ("A", "alloc", "alloc", "", "externref"), ("A", "free", "free", "externref"),
         ("A", "n.set", "set", "externref i32")]
W_OPS = [("W", "new", "newW", "", "externref"), ("W", "free", "freeW", "externref")] + [
    op for i in range(FIELDS) for op in (("W", f"c{i}.take", f"take{i}", "externref", "externref"),
                                         ("W", f"c{i}.put", f"put{i}", "externref externref"))]


def with_states(n, callee, callee_body):
    return ["  (func $main (export \"main\") (local $w externref) (local $t externref)", "    (local.set $w (call $newW))", *gray_calls(n, callee),
            "    (call $freeW (local.get $w)))", f"  (func ${callee} (param $w externref)"] + callee_body


def rotate_in_contexts(twin):
    n = 20 if twin else 240
    body = with_states(31, "turn", rotation(n))
    return case(f"{n} blocks change places in a loop, in a function that is called in 31 ownership states",
                "OK" if twin else "LIM_ANALYSIS", BLOCKS, A_OPS + W_OPS, body[:-1] + [body[-1] + ")"])


def many_at_once(twin):
    n = 250 if twin else 300
    body = [f"  (func $main (export \"main\") " + " ".join(f"(local $r{i} externref)" for i in range(n))]
    body += [f"    (local.set $r{i} (call $new))" for i in range(n)] + [f"    (call $free (local.get $r{i}))" for i in range(n)]
    return case(f"{n} blocks are owned at once", "OK" if twin else "LIM_ANALYSIS", BLOCKS, A_OPS, body + ["  )"])


def contexts_by_children(twin):
    n = 31 if twin else 40
    return case(f"A helper is called with a block in {n} states of its children", "OK" if twin else "LIM_ANALYSIS", BLOCKS,
                A_OPS + W_OPS, with_states(n, "look", ["    (drop (ref.is_null (local.get $w))))"]))


def partitions(n):
    """Which of n arguments are the same, as strings 0, 00, 01, 000, 001, ..."""
    found = [(0,)]
    for _ in range(n - 1):
        found = [p + (k,) for p in found for k in range(max(p) + 2)]
    return found


def contexts_by_aliases(twin):
    calls = partitions(5)[:30 if twin else 52]
    body = ['  (func $main (export "main") ' + " ".join(f"(local $a{i} externref)" for i in range(5))]
    body += [f"    (local.set $a{i} (call $new))" for i in range(5)]
    body += ["    (call $look " + " ".join(f"(local.get $a{k})" for k in p) + ")" for p in calls]
    body += [f"    (call $free (local.get $a{i}))" for i in range(5)] + ["  )"]
    body += ["  (func $look (param externref externref externref externref externref)", "    (drop (ref.is_null (local.get 0))))"]
    return case(f"A helper is called with {len(calls)} patterns of equal arguments", "OK" if twin else "LIM_ANALYSIS", BLOCKS, A_OPS,
                body)


def chain_contract(states, last):
    """State k goes on to state k + 1 with Step; `last` is what the last one does."""
    lines = ["contract Count capacity 64 {", "  in message Step();", "  in message Last();"]
    lines += [f"  state S{k}: one {{ Step? -> S{k + 1}; end; }}" for k in range(states - 1)]
    return lines + [f"  state S{states - 1}: {last}", "}"]


EXP = [("Count", "channel", "channel", "", "externref"), ("Count", "exp.poll", "poll", "externref", "i32"),
       ("Count", "exp.recv.Step", "step", "externref"), ("Count", "exp.recv.Last", "last", "externref"),
       ("Count", "exp.abandon", "abandon", "externref")]


def contexts_by_states(twin):
    n = 30 if twin else 60
    body = ['  (func $main (export "main") (local $e externref)', "    (local.set $e (call $channel))",
            "    (if (ref.is_null (local.get $e)) (then (return)))"]
    for _ in range(n):
        body += ["    (call $look (local.get $e))", "    (call $step (local.get $e))"]
    body += ["    (call $abandon (local.get $e)))", "  (func $look (param externref) (drop (ref.is_null (local.get 0))))"]
    return case(f"A helper is called with an endpoint in {n} states of its contract", "OK" if twin else "LIM_ANALYSIS",
                chain_contract(62, f"one {{ Last? -> end; end; }}"), EXP, body)


def recursion(twin, through=0):
    """A function that calls itself, or does so through others. Each round of the fixpoint adds one state: first to what the first endpoint can be in, then, behind the message that only its
    last state has, to what the second can be in."""
    counts = ["$a"] if twin else ["$a", "$b"]
    states = 15 if twin and through else 45
    callee = "$step1" if through else "$down"
    body = ['  (func $main (export "main") (local $a externref) (local $b externref)']
    for c in ("$a", "$b"):
        body += [f"    (local.set {c} (call $channel))", f"    (if (ref.is_null (local.get {c})) (then (unreachable)))"]
    body += ["    (call $down (local.get $a) (local.get $b))", "    (call $abandon (local.get $a))", "    (call $abandon (local.get $b)))",
             "  (func $down (param $a externref) (param $b externref)", "    (if (call $choose) (then (return)))",
             f"    (call {callee} (local.get $a) (local.get $b))",
             "    (if (i32.eq (call $poll (local.get $a)) (i32.const 0)) (then (call $step (local.get $a)) (return)))",
             "    (if (i32.eq (call $poll (local.get $a)) (i32.const 1)) (then", "      (call $last (local.get $a))"]
    if not twin:
        body += ["      (if (i32.eq (call $poll (local.get $b)) (i32.const 0)) (then (call $step (local.get $b)) (return)))"]
    body += ["      (return)))", "    (unreachable))"]
    for k in range(1, through + 1):
        body += [f"  (func $step{k} (param $a externref) (param $b externref)",
                 f"    (call ${f'step{k + 1}' if k < through else 'down'} (local.get $a) (local.get $b)))"]
    return case(f"A recursion {f'through {through + 1} functions ' if through else ''}in which {len(counts)} endpoint{'s go' if len(counts) > 1 else ' goes'} through {states} states",
                "OK" if twin else "LIM_ANALYSIS", chain_contract(states, "one { Last? -> S0; end; }"), EXP, body)


def recursion_through_others(twin):
    return recursion(twin, 2)


def deep_calls(twin):
    n = 100 if twin else 140
    body = ['  (func $main (export "main") (call $f0 (call $new)))']
    body += [f"  (func $f{k} (param externref) (call $f{k + 1} (local.get 0)))" for k in range(n)]
    return case(f"A block is handed down through {n} helpers", "OK" if twin else "LIM_ANALYSIS", BLOCKS, A_OPS,
                body + [f"  (func $f{n} (param externref) (call $free (local.get 0)))"])


def main():
    name, out = sys.argv[1:]
    make = globals()[name.removesuffix("-twin").replace("-", "_")]
    open(out, "w").write(make(name.endswith("-twin")))


if __name__ == "__main__":
    main()
