;; A branch out of more blocks than there are
;; expect: WASM_UNKNOWN_LABEL func=0 offset=0x19
(module
  (func $f
    block
      br 2
    end))
