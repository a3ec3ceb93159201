;; An element segment names a function that is not there
;; expect: WASM_UNKNOWN_FUNC offset=0x16
(module
  (table 1 funcref)
  (elem (i32.const 0) func 3))
