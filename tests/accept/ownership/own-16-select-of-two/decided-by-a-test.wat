;; As the refused case of this name, but the second one is freed after it
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $c externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (call $Text.new (i32.const 1)))
    (local.set $c (call $Text.alloc (i32.const 1)))
    (if (ref.is_null (local.get $c))
      (then
        (call $Text.free
          (select (result externref) (local.get $a) (local.get $b) (ref.is_null (local.get $c))))
        (call $Text.free (local.get $b))
        (return)))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b))
    (call $Text.free (local.get $c)))
)
