;; An element segment of a table that is not there
;; expect: WASM_UNKNOWN_TABLE offset=0x15
(module
  (func $f)
  (elem (i32.const 0) func $f))
