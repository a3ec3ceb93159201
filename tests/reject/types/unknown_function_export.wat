;; An export of a function that is not there
;; expect: WASM_UNKNOWN_FUNC offset=0x0b
(module
  (export "f" (func 0)))
