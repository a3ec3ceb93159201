;; All labels of a br_table fit the operands
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1f
(module
  (func $f
    block (result i32)
      block (result i64)
        i64.const 1
        i32.const 0
        br_table 0 1
      end
      drop
      i32.const 0
    end
    drop))
