;; A load without a memory
;; expect: WASM_UNKNOWN_MEMORY func=0 offset=0x19
(module
  (func $f
    i32.const 0
    i32.load
    drop))
