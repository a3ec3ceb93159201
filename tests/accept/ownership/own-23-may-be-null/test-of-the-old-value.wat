;; As the refused case of this name, but the flag is of the new value
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $none i32)
    (local.set $a (call $Text.alloc (i32.const 1)))
    (local.set $none (ref.is_null (local.get $a)))
    (local.set $b (local.get $a))
    (local.set $a (call $Text.alloc (i32.const 1)))
    (local.set $none (ref.is_null (local.get $a)))
    (if (i32.eqz (local.get $none))
      (then (call $Text.stamp.set (local.get $a) (i64.const 1))))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
