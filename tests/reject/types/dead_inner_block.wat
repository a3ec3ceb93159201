;; A block inside unreachable code starts afresh
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1a
(module
  (func $f
    unreachable
    block
      i32.eqz
      drop
    end))
