;; The address of a store is an i32
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x20
(module
  (memory 1)
  (func $f
    i64.const 0
    i32.const 1
    i32.store))
