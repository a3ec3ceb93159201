;; memory.copy takes three i32
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x20
(module
  (memory 1)
  (func $f
    i32.const 0
    i32.const 0
    memory.copy))
