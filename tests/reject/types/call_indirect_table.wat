;; call_indirect through a table of host references
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1f
(module
  (table 1 externref)
  (func $f
    i32.const 0
    call_indirect))
