;; In unreachable code, a value too many is still one too many
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1a
(module
  (func $f
    unreachable
    i64.const 0))
