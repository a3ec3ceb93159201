;; A value too many at the end of a block
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1b
(module
  (func $f
    block
      i32.const 1
    end))
