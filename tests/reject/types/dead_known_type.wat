;; In unreachable code, what is pushed still has its type
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1a
(module
  (func $f
    unreachable
    i64.const 0
    i32.eqz
    drop))
