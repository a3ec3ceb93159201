;; As the refused case of this name, but it is tested
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.alloc (i32.const 4)))
    (if (ref.is_null (local.get $t)) (then (return)))
    (call $Text.stamp.set (local.get $t) (i64.const 1))
    (call $Text.free (local.get $t)))
)
