;; A start function with a parameter
;; expect: WASM_START_FUNCTION func=0 offset=0x15
(module
  (func $f (param i32))
  (start $f))
