;; table.grow takes the new elements first
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x21
(module
  (table 1 externref)
  (func $f
    i32.const 1
    ref.null extern
    table.grow 0
    drop))
