;; i32.add of an i64
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1b
(module
  (func $f
    i32.const 1
    i64.const 2
    i32.add
    drop))
