;; select of references needs a type
;; expect: WASM_TYPE_MISMATCH func=0 offset=0x1d
(module
  (func $f
    ref.null extern
    ref.null extern
    i32.const 0
    select
    drop))
