;; ref.is_null of a number
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x19
(module
  (func $f
    i32.const 0
    ref.is_null
    drop))
