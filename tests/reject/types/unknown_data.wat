;; data.drop of a segment that is not there
;; expect: WASM_UNKNOWN_DATA func=0 offset=0x1f
(module
  (memory 1)
  (func $f
    data.drop 1)
  (data "x"))
