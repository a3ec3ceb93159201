;; A constant expression of two values
;; expect: WASM_TYPE_MISMATCH offset=0x0d
(module
  (global i32 i32.const 1 i32.const 2))
