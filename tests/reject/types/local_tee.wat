;; local.tee gives the local's type
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1c
(module
  (func $f (param i64)
    i64.const 1
    local.tee 0
    i32.eqz
    drop))
