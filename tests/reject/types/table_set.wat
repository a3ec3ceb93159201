;; A function reference in a table of host references
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x21
(module
  (table 1 externref)
  (func $f
    i32.const 0
    ref.null func
    table.set 0))
