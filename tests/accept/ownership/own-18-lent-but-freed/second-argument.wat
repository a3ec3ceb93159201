;; As the refused case of this name, but it frees neither
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "stamp.get" (func $Text.stamp.get (param externref) (result i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $same (param $a externref) (param $b externref) (result i32) (local $r i32)
    (local.set $r (i64.eq (call $Text.stamp.get (local.get $a)) (call $Text.stamp.get (local.get $b))))
    (local.get $r))
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $b (call $Text.new (i32.const 4)))
    (i32.store (i32.const 0) (call $same (local.get $a) (local.get $b)))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
