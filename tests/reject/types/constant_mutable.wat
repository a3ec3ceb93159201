;; A constant expression may read immutable globals only
;; expect: WASM_CONST_EXPR offset=0x17
(module
  (import "m" "g" (global (mut i32)))
  (global i32 (global.get 0)))
