;; select with a type, of another type
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1d
(module
  (func $f
    i64.const 1
    i64.const 1
    i32.const 0
    select (result i32)
    drop))
