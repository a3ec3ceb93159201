;; As the refused case of this name, but it gets two
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $replace (param $old externref) (param $new externref)
    (call $Text.free (local.get $old))
    (call $Text.stamp.set (local.get $new) (i64.const 1)))
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $b (call $Text.new (i32.const 4)))
    (call $replace (local.get $a) (local.get $b))
    (call $Text.free (local.get $b))
  )
)
