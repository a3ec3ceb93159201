;; A constant expression of no value
;; expect: WASM_TYPE_MISMATCH offset=0x0d
(module
  (global i32))
