;; local.get of a local that is not there
;; expect: WASM_UNKNOWN_LOCAL func=0 offset=0x1a
(module
  (func $f (param i32) (local i64)
    local.get 2
    drop))
