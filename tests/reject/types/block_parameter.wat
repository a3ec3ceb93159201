;; A block whose parameter is not on the stack
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1b
(module
  (func $f
    block (param i32)
      drop
    end))
