;; elem.drop of a segment that is not there
;; expect: WASM_UNKNOWN_ELEM func=0 offset=0x17
(module
  (func $f
    elem.drop 0))
