;; A constant expression may read imported globals only
;; expect: WASM_UNKNOWN_GLOBAL offset=0x12
(module
  (global i32 (i32.const 0))
  (global i32 (global.get 0)))
