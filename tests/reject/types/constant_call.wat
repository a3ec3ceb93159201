;; Only constants may initialise a global
;; expect: WASM_CONST_EXPR offset=0x18
(module
  (func $one (result i32) i32.const 1)
  (global i32 (call $one)))
