;; As the refused case of this name, but both are tested
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.alloc (i32.const 4)))
    (local.set $b (call $Text.alloc (i32.const 4)))
    (block $out
      (br_if $out (i32.or (ref.is_null (local.get $a)) (ref.is_null (local.get $b))))
      (call $Text.stamp.set (local.get $a) (i64.const 1))
      (call $Text.stamp.set (local.get $b) (i64.const 1)))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
