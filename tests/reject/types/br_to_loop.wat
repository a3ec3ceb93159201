;; A branch to a loop carries the loop's parameters
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x20
(module
  (func $f
    i32.const 0
    loop (param i32)
      drop
      br 0
    end))
