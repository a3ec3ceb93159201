;; Nor may arithmetic, in this version
;; expect: WASM_CONST_EXPR offset=0x11
(module
  (global i32 (i32.add (i32.const 1) (i32.const 2))))
