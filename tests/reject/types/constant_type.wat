;; A constant expression of the wrong type
;; expect: WASM_TYPE_MISMATCH offset=0x0d
(module
  (global i32 (f32.const 1)))
