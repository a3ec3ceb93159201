;; A value too many at the end of a function
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x19
(module
  (func $f
    i32.const 1))
