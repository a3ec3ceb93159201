;; A maximum of more than 4 GiB
;; expect: WASM_MEMORY_SIZE offset=0x0b
(module
  (memory 1 65537))
