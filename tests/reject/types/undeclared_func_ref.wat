;; ref.func of a function that nothing declares
;; expect: WASM_UNDECLARED_FUNC_REF func=1 offset=0x1b
(module
  (func $g)
  (func $f
    ref.func $g
    drop))
