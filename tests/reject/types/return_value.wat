;; return with the wrong type
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x21
(module
  (func $f (result i32)
    f64.const 1
    return))
