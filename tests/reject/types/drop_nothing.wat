;; drop of nothing
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x17
(module
  (func $f
    drop))
