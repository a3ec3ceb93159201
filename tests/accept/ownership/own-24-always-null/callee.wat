;; As the refused case of this name, but it tests
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (func $length (param $t externref) (result i32)
    (if (ref.is_null (local.get $t)) (then (return (i32.const -1))))
    (call $Text.bytes.len (local.get $t)))
  (func (export "main")
    (i32.store (i32.const 0) (call $length (ref.null extern))))
)
