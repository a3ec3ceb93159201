;; A data segment without a memory
;; expect: WASM_UNKNOWN_MEMORY offset=0x0b
(module
  (data (i32.const 0) "x"))
