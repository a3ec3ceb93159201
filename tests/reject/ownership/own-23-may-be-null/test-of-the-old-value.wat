;; The flag says that the variable was not null before it got another value
;; expect: OWN_MAYBE_NULL func=3 offset=0x9b
;; monitor: MON_NULL
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
    (if (i32.eqz (local.get $none))
      (then (call $Text.stamp.set (local.get $a) (i64.const 1)))) ;; <- refused here
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
