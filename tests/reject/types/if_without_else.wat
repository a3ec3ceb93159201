;; An if with a result needs an else
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1d
(module
  (func $f
    i32.const 1
    if (result i32)
      i32.const 2
    end
    drop))
