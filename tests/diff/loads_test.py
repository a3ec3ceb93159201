#!/usr/bin/env python3
"""Loads outside the memory trap on every engine, in both memory modes, whatever becomes of their values.

usage: loads_test.py DIFF_RUN WAT2WASM

Each body is a function of its own; $o is an address outside the memory, known only when it runs. What an engine does is
compared with the interpreter by diff_run.
"""
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FAR = "offset=2147483647 (i32.const 65528)"  # known to be outside
AT = "(i32.const 1000)"
BODIES = {
    "dropped": "(drop (i64.load {}))",
    "dropped_sum": "(drop (i32.add (i32.load {}) (i32.const 3)))",
    "times_zero": "(i32.store AT (i32.mul (i32.load {}) (i32.const 0)))",
    "masked_away": "(i32.store AT (i32.and (i32.load {}) (i32.const 0)))",
    "low_byte": "(i32.store8 AT (i32.load {}))",
    "chosen": "(i32.store AT (select (i32.load {}) (i32.const 5) (i32.eqz (i32.load AT))))",
    "not_chosen": "(i32.store AT (select (i32.load {}) (i32.const 5) (i32.load AT)))",
    "not_chosen_float": "(f32.store AT (select (f32.load {}) (f32.load (i32.const 2000)) (i32.load AT)))",
    "not_chosen_double": "(f64.store AT (select (f64.load {}) (f64.load (i32.const 2000)) (i32.load AT)))",
    "not_chosen_sum": "(f32.store AT (select (f32.add (f32.load {}) (f32.load (i32.const 2008))) (f32.load (i32.const 2000)) (i32.load AT)))",
    "not_chosen_root": "(f64.store AT (select (f64.sqrt (f64.load {})) (f64.load (i32.const 2000)) (i32.load AT)))",
    "not_chosen_as_integer": "(i32.store AT (select (i32.reinterpret_f32 (f32.load {})) (i32.load (i32.const 2000)) (i32.load AT)))",
    "not_chosen_converted": "(f64.store AT (select (f64.promote_f32 (f32.load {})) (f64.load (i32.const 2000)) (i32.load AT)))",
    "not_chosen_converted_integer": "(f32.store AT (select (f32.convert_i32_s (i32.load {})) (f32.load (i32.const 2000)) (i32.load AT)))",
    "not_chosen_by_compare": "(f32.store AT (select (f32.load {}) (f32.convert_i32_s (local.get $a)) (i32.eq (local.get $a) (i32.const 65535))))",
    "not_chosen_double_by_compare": "(f64.store AT (select (f64.load {}) (f64.convert_i32_s (local.get $a)) (i32.eq (local.get $a) (i32.const 65535))))",
    "not_chosen_difference": "(f32.store AT (select (f32.sub (f32.const 3) (f32.load {})) (f32.convert_i32_s (local.get $a)) (i32.eq (local.get $a) (i32.const 65535))))",
    "not_chosen_product": """(f64.store AT (select (f64.mul (f64.convert_i32_s (local.get $o)) (f64.load {})) (f64.convert_i32_s (local.get $a))
        (i32.eq (local.get $a) (i32.const 65535))))""",
    "not_chosen_of_sum": """(f64.store AT (select (f64.sqrt (f64.add (f64.convert_i32_s (local.get $o)) (f64.load {}))) (f64.convert_i32_s (local.get $a))
        (i32.eq (local.get $a) (i32.const 65535))))""",
    "not_chosen_converted_by_compare": """(f64.store AT (select (f64.promote_f32 (f32.load {})) (f64.convert_i32_s (local.get $a))
        (i32.eq (local.get $a) (i32.const 65535))))""",
    "not_chosen_in_a_loop": """(loop $l (f32.store offset=8192 (local.get $a)
        (select (f32.load {}) (f32.load (local.get $a)) (f32.lt (f32.load offset=4096 (local.get $a)) (f32.const 0))))
        (local.set $a (i32.add (local.get $a) (i32.const 4))) (br_if $l (i32.lt_u (local.get $a) (i32.const 2000))))""",
    "not_chosen_one_by_one": """(loop $l (f32.store offset=8192 (local.get $a)
        (select (f32.mul (f32.load (i32.add (local.get $a) (i32.const 130072))) (f32.const 3)) (f32.load (local.get $a))
            (f32.lt (f32.load offset=4096 (local.get $a)) (f32.const 0))))
        (local.set $a (i32.add (local.get $a) (i32.const 4))) (br_if $l (i32.lt_u (local.get $a) (i32.const 2000))))""",
    "not_chosen_integer_by_compare": "(i32.store AT (select (i32.load {}) (i32.mul (local.get $a) (i32.const 7)) (i32.eq (local.get $a) (i32.const 65535))))",
    "not_chosen_long_by_compare": "(i64.store AT (select (i64.load {}) (i64.extend_i32_s (local.get $a)) (i32.eq (local.get $a) (i32.const 65535))))",
    "not_chosen_in_a_loop_of_constants": """(loop $l (f32.store offset=8192 (local.get $a)
        (select (f32.load {}) (f32.const 3) (f32.lt (f32.load offset=4096 (local.get $a)) (f32.const 0))))
        (local.set $a (i32.add (local.get $a) (i32.const 4))) (br_if $l (i32.lt_u (local.get $a) (i32.const 2000))))""",
    "not_chosen_sum_in_a_loop": """(loop $l (f32.store offset=8192 (local.get $a)
        (select (f32.add (f32.convert_i32_s (local.get $o)) (f32.load (i32.add (local.get $a) (i32.const 130072))))
            (f32.convert_i32_s (local.get $a)) (f32.lt (f32.load offset=4096 (local.get $a)) (f32.const 0))))
        (local.set $a (i32.add (local.get $a) (i32.const 4))) (br_if $l (i32.lt_u (local.get $a) (i32.const 2000))))""",
    "not_chosen_bytes_in_a_loop": """(loop $l (i32.store8 offset=8192 (local.get $a)
        (select (i32.load8_u (i32.add (local.get $a) (i32.const 130072)))
            (i32.const 9) (i32.lt_u (i32.load8_u offset=4096 (local.get $a)) (i32.const 0))))
        (local.set $a (i32.add (local.get $a) (i32.const 1))) (br_if $l (i32.lt_u (local.get $a) (i32.const 2000))))""",
    "not_chosen_integers_in_a_loop": """(loop $l (i32.store offset=8192 (local.get $a)
        (select (i32.add (local.get $o) (i32.load (i32.add (local.get $a) (i32.const 130072))))
            (i32.const 9) (i32.lt_s (i32.load offset=4096 (local.get $a)) (i32.const 0))))
        (local.set $a (i32.add (local.get $a) (i32.const 4))) (br_if $l (i32.lt_u (local.get $a) (i32.const 2000))))""",
    "to_itself": "(i32.store {} (i32.load {}))",
    "to_itself_as_float": "(f32.store {} (f32.reinterpret_i32 (i32.load {})))",
    "covered": "(f32.store AT (f32.load {})) (f32.store AT (f32.const 1))",
    "covered_by_another_type": "(f32.store AT (f32.load {})) (i32.store AT (i32.const 7))",
    "covered_by_a_wider_one": "(i32.store8 AT (i32.load8_u {})) (i64.store AT (i64.const 7))",
    "covered_in_the_middle": "(f32.store (i32.const 1003) (f32.load {})) (i64.store AT (i64.const 7))",
    "covered_sum": "(f32.store (i32.const 1003) (f32.add (f32.const 3) (f32.load {}))) (i64.store AT (i64.const 7))",
    "covered_later": "(i32.store8 AT (i32.load8_u {})) (i32.store8 (i32.const 2003) (i32.const 1)) (i64.store AT (i64.const 7))",
    "covered_by_one_that_needs": "(i32.store8 AT (i32.load8_u {})) (i64.store AT (i64.add (i64.load (i32.const 2000)) (i64.const 7)))",
    "covered_at_an_address": "(i32.store8 offset=3 (local.get $a) (i32.load8_u {})) (i64.store (local.get $a) (i64.const 7))",
    "covered_in_a_loop": """(loop $l (f32.store (local.get $a) (f32.load {})) (i32.store (local.get $a) (i32.const 7))
        (local.set $a (i32.add (local.get $a) (i32.const 4))) (br_if $l (i32.lt_u (local.get $a) (i32.const 2000))))""",
    "copied_and_covered": """(loop $l (i32.store offset=8 (local.get $a) (i32.load {})) (i64.store offset=8 (local.get $a) (i64.const 7))
        (local.set $a (i32.add (local.get $a) (i32.const 8))) (br_if $l (i32.lt_u (local.get $a) (i32.const 3000))))""",
    "covered_before": "(i32.store AT (i32.const 7)) (f32.store AT (f32.load {}))",
}


def right(args):
    run, wasm, folder, name = args
    plan = folder / name
    plan.write_text(f"pages pages 16\ncall {name} - fffffff0 64\n")
    r = subprocess.run([run, wasm, plan], capture_output=True, text=True, timeout=300)
    # two accesses outside: some settings may trap at the later one, which ends the comparison
    if r.returncode == 0 and re.search("traps 1, |traps 0, loads reordered [1-9]", r.stdout):
        return True
    print(f"loads: {name}:\n{r.stdout}{r.stderr}")
    return False


def main():
    run, wat2wasm = sys.argv[1:3]
    funcs = {f"{name}_{how}": body.replace("AT", AT).replace("{}", address)
             for name, body in BODIES.items() for how, address in {"known": FAR, "unknown": "(local.get $o)"}.items()}
    with tempfile.TemporaryDirectory() as d:
        wat, wasm = Path(d) / "loads.wat", Path(d) / "loads.wasm"
        wat.write_text('(module (memory (export "m") 2) (func (export "pages") (result i32) (memory.size))\n' +
                       "\n".join(f'(func (export "{name}") (param $o i32) (param $a i32) {text})' for name, text in funcs.items()) + ")\n")
        subprocess.run([wat2wasm, wat, "-o", wasm], check=True)
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(right, [(run, wasm, Path(d), name) for name in funcs]))
    print(f"loads: {results.count(True)} passed, {results.count(False)} failed, 0 skipped")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
