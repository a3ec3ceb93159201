;; A flag says of one block on one path, of another on the other, whether it is null
;; expect: OWN_MAYBE_NULL func=4 offset=0xb3
;; monitor: MON_NULL
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $b externref) (local $a externref) (local $f i32) (local $g i32)
    (local.set $b (call $Text.alloc (i32.const 4)))
    (local.set $a (call $Text.alloc (i32.const 4)))
    (if (call $choose)
      (then (local.set $f (ref.is_null (local.get $a))))
      (else (local.set $f (ref.is_null (local.get $b)))))
    (if (i32.eqz (local.get $f))
      (then (call $Text.stamp.set (local.get $a) (i64.const 1)))) ;; <- refused here
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
