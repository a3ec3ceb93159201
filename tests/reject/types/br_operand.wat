;; A branch carries the result of its block
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1b
(module
  (func $f
    block (result i32)
      i64.const 1
      br 0
    end
    drop))
