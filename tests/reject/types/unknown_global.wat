;; global.get of a global that is not there
;; expect: WASM_UNKNOWN_GLOBAL func=0 offset=0x17
(module
  (func $f
    global.get 0
    drop))
