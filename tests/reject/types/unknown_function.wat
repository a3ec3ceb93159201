;; A call of a function that is not there
;; expect: WASM_UNKNOWN_FUNC func=0 offset=0x17
(module
  (func $f
    call 1))
