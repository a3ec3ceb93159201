;; table.copy between tables of different types
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x26
(module
  (table $a 1 funcref)
  (table $b 1 externref)
  (func $f
    i32.const 0
    i32.const 0
    i32.const 0
    table.copy $a $b))
