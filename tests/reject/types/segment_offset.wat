;; The offset of a data segment is an i32
;; expect: WASM_TYPE_MISMATCH offset=0x11
(module
  (memory 1)
  (data (i64.const 0) "x"))
