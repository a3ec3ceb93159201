;; An operand below the block cannot be used in it
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1b
(module
  (func $f
    i32.const 1
    block
      i32.eqz
      drop
    end
    drop))
