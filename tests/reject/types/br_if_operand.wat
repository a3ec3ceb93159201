;; So does a conditional branch
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1d
(module
  (func $f
    block (result i32)
      i64.const 1
      i32.const 0
      br_if 0
    end
    drop))
