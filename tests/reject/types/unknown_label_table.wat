;; The default label of a br_table
;; expect: WASM_UNKNOWN_LABEL func=0 offset=0x19
(module
  (func $f
    i32.const 0
    br_table 0 0 1))
