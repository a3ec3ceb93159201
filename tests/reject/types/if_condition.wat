;; The condition of an if is an i32
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1c
(module
  (func $f
    f32.const 1
    if
    end))
