;; A call with the wrong argument
;; expect: WASM_TYPE_MISMATCH func=1 offset=0x27
(module
  (func $callee (param i32 f64))
  (func $f
    i32.const 1
    f32.const 2
    call $callee))
