;; An export of a memory that is not there
;; expect: WASM_UNKNOWN_MEMORY offset=0x0b
(module
  (export "m" (memory 0)))
