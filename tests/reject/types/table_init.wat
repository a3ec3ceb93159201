;; table.init of functions into a table of host references
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x29
(module
  (table $a 1 externref)
  (elem $e func)
  (func $f
    i32.const 0
    i32.const 0
    i32.const 0
    table.init $a $e))
