#!/usr/bin/env python3
"""Writes a module with one function per row of the opcode table. usage: generate.py OPCODES.DEF OUT.wat

Rows without "*" follow from their operand types; the others need a body here, and a row that has none is an error."""
import re
import sys

ROW = re.compile(r'^OP\((\w+),\s*(\w+),\s*(\w+),\s*"([^"]+)",\s*(\w+),\s*"([^"]*)",\s*"([^"]*)",\s*(\d+),\s*(\w+)\)', re.M)
TYPES = {"i": "i32", "I": "i64", "f": "f32", "F": "f64", "p": "funcref", "r": "externref"}
IMMEDIATES = {"NONE": "", "MEMARG": "", "MEMORY": "", "MEMORY2": "", "I32": "-1", "I64": "-1", "F32": "1.5", "F64": "-nan",
              "FUNC": "$callee", "DATA": "0", "DATA_MEMORY": "0", "ELEM": "0", "ELEM_TABLE": "$funcs 0",
              "TABLE": "$funcs", "TABLE2": "$funcs $funcs"}
BODIES = {
    "UNREACHABLE": "unreachable",
    "BLOCK": "i32.const 1 block (param i32) (result i32) end drop",
    "LOOP": "loop i32.const 0 br_if 0 end",
    "IF": "i32.const 1 if end",
    "ELSE": "i32.const 1 if (result i64) i64.const 1 else i64.const 2 end drop",
    "END": "block end",
    "BR": "block br 0 end",
    "BR_IF": "block i32.const 1 br_if 0 end",
    "BR_TABLE": "block block i32.const 1 br_table 0 1 0 1 end end",
    "RETURN": "return",
    "CALL": "i32.const 1 f64.const 2 call $callee drop",
    "CALL_INDIRECT": "i32.const 1 f64.const 2 i32.const 0 call_indirect $funcs (type $callee) drop",
    "DROP": "ref.null extern drop",
    "SELECT": "f64.const 1 f64.const 2 i32.const 0 select drop",
    "SELECT_T": "ref.null func ref.null func i32.const 0 select (result funcref) drop",
    "LOCAL_GET": "(local externref) local.get 0 drop",
    "LOCAL_SET": "(local f32) f32.const 0 local.set 0",
    "LOCAL_TEE": "(local i64) i64.const 0 local.tee 0 drop",
    "GLOBAL_GET": "global.get $global drop",
    "GLOBAL_SET": "ref.null extern global.set $global",
    "TABLE_GET": "i32.const 0 table.get $refs drop",
    "TABLE_SET": "i32.const 0 ref.null extern table.set $refs",
    "TABLE_GROW": "ref.null extern i32.const 1 table.grow $refs drop",
    "TABLE_FILL": "i32.const 0 ref.null extern i32.const 1 table.fill $refs",
    "REF_NULL": "ref.null func drop",
    "REF_IS_NULL": "ref.null extern ref.is_null drop",
}


def body(name, text, imm, pops, pushes):
    if "*" in pops or "*" in pushes:
        return BODIES[name]
    params = " ".join(TYPES[c] for c in pops)
    gets = " ".join(f"local.get {i}" for i in range(len(pops)))
    return f"(param {params}) {gets} {text} {IMMEDIATES[imm]}{' drop' * len(pushes)}"


def main():
    table, out = sys.argv[1:]
    rows = ROW.findall(open(table).read())
    assert len(rows) == open(table).read().count("\nOP("), "a row of the table is not understood"
    lines = [";; Every instruction, made from the opcode table by generate.py", ";; expect: OK", "(module",
             "  (type $callee (func (param i32 f64) (result i64)))", "  (memory 1)", "  (table $funcs 2 funcref)",
             "  (table $refs 1 externref)", "  (global $global (mut externref) (ref.null extern))",
             "  (elem func $callee)", "  (func $callee (type $callee) i64.const 3)"]
    for name, _, _, text, imm, pops, pushes, _, _ in rows:
        lines.append(f"  (func ${name} {body(name, text, imm, pops, pushes)})")
    open(out, "w").write("\n".join(lines) + '\n  (data "abc"))\n')


if __name__ == "__main__":
    main()
