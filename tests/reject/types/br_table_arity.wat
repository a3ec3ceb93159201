;; All labels of a br_table carry the same number of values
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1f
(module
  (func $f
    block
      block (result i32)
        i32.const 1
        i32.const 0
        br_table 0 1
      end
      drop
    end))
