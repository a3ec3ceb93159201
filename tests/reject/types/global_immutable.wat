;; global.set of an immutable global
;; expect: WASM_GLOBAL_IMMUTABLE func=0 offset=0x21
(module
  (global i32 (i32.const 0))
  (func $f
    i32.const 1
    global.set 0))
