;; A memory whose minimum is above its maximum
;; expect: WASM_SIZE_MIN_MAX offset=0x0b
(module
  (memory 2 1))
