;; When the second allocation fails the first one is forgotten
;; expect: OWN_LEAK func=4 offset=0xb1
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "stamp.get" (func $Text.stamp.get (param externref) (result i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.alloc (i32.const 4)))
    (if (ref.is_null (local.get $a)) (then (return)))
    (local.set $b (call $Text.alloc (i32.const 4)))
    (if (ref.is_null (local.get $b)) (then (return))) ;; <- refused here
    (call $Text.stamp.set (local.get $b) (call $Text.stamp.get (local.get $a)))
    (call $Text.free (local.get $b))
    (call $Text.free (local.get $a)))
)
