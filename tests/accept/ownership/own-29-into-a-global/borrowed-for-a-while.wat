;; As the refused case of this name, but the helper gets it as a parameter
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (global $current (mut externref) (ref.null extern))
  (func $length (param $t externref) (result i32)
    (call $Text.bytes.len (local.get $t)))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (i32.store (i32.const 0) (call $length (local.get $t)))
    (global.set $current (ref.null extern))
    (call $Text.free (local.get $t)))
)
