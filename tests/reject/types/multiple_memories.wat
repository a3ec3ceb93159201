;; Two memories
;; expect: WASM_MULTIPLE_MEMORIES offset=0x15
(module
  (import "m" "m" (memory 1))
  (memory 1))
