;; A function that returns nothing where an i32 is promised
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x18
(module
  (func $f (result i32)))
