;; More than 4 GiB
;; expect: WASM_MEMORY_SIZE offset=0x0b
(module
  (memory 65537))
