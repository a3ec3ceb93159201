;; A table whose minimum is above its maximum
;; expect: WASM_SIZE_MIN_MAX offset=0x0b
(module
  (table 2 1 funcref))
