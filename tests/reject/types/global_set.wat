;; A global of another type
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x21
(module
  (global (mut i64) (i64.const 0))
  (func $f
    i32.const 1
    global.set 0))
