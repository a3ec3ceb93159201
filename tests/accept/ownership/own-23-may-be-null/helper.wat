;; As the refused case of this name, but the reader tests it
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $maybe (result externref)
    (if (call $choose) (then (return (call $Text.new (i32.const 4)))))
    (ref.null extern))
  (func $length (param $t externref) (result i32)
    (if (ref.is_null (local.get $t)) (then (return (i32.const 0))))
    (call $Text.bytes.len (local.get $t)))
  (func (export "main") (local $t externref)
    (local.set $t (call $maybe))
    (i32.store (i32.const 0) (call $length (local.get $t)))
    (call $Text.free (local.get $t)))
)
