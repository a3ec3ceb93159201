;; The start function is not there
;; expect: WASM_UNKNOWN_FUNC offset=0x0a
(module
  (start 0))
