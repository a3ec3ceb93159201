;; More than natural alignment
;; expect: WASM_ALIGNMENT func=0 offset=0x1e
(module
  (memory 1)
  (func $f
    i32.const 0
    i32.load16_u align=4
    drop))
