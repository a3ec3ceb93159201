;; i32.add with one operand
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x19
(module
  (func $f
    i32.const 1
    i32.add
    drop))
