;; select between an i32 and an f32
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x20
(module
  (func $f
    i32.const 1
    f32.const 1
    i32.const 0
    select
    drop))
