;; Functions in a table of host references
;; expect: WASM_TYPE_MISMATCH offset=0x1b
(module
  (table 1 externref)
  (func $f)
  (elem (i32.const 0) func $f))
