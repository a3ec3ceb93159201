;; Two exports of one name
;; expect: WASM_DUPLICATE_EXPORT offset=0x22
(module
  (memory 1)
  (func $f)
  (export "a" (func $f))
  (export "b" (func $f))
  (export "a" (memory 0)))
