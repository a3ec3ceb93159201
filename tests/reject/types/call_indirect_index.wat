;; The callee of call_indirect is chosen by an i32
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1f
(module
  (table 1 funcref)
  (func $f
    i64.const 0
    call_indirect))
