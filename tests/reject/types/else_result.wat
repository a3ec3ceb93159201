;; Both arms of an if give the same type
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x20
(module
  (func $f
    i32.const 1
    if (result i32)
      i32.const 2
    else
      i64.const 2
    end
    drop))
