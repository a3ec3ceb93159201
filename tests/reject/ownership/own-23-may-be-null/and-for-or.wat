;; The tests are combined by `and`: one of the two may still be null
;; expect: OWN_MAYBE_NULL func=4 offset=0xb9
;; monitor: MON_NULL
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "stamp.get" (func $Text.stamp.get (param externref) (result i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $none i32)
    (local.set $a (call $Text.alloc (i32.const 4)))
    (local.set $b (call $Text.alloc (i32.const 4)))
    (local.set $none (i32.and (ref.is_null (local.get $a)) (ref.is_null (local.get $b))))
    (if (i32.eqz (local.get $none))
      (then (call $Text.stamp.set (local.get $b) (call $Text.stamp.get (local.get $a))))) ;; <- refused here
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
