;; A local of another type
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1b
(module
  (func $f (local f32)
    i32.const 1
    local.set 0))
