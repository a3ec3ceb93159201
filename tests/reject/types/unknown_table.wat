;; table.size of a table that is not there
;; expect: WASM_UNKNOWN_TABLE func=0 offset=0x17
(module
  (func $f
    table.size 0
    drop))
