;; Also in unreachable code
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1c
(module
  (func $f
    block
      block (result i32)
        unreachable
        br_table 0 1
      end
      drop
    end))
