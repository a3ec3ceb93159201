;; A helper tests another block than the one that is used
;; expect: OWN_MAYBE_NULL func=3 offset=0x9d
;; monitor: MON_NULL
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $t externref) (local $u externref) (local $f i32)
    (local.set $u (call $Text.alloc (i32.const 4)))
    (local.set $t (call $Text.alloc (i32.const 4)))
    (block)
    (if (i32.eqz (call $check (local.get $u)))
      (then (call $Text.stamp.set (local.get $t) (i64.const 1)))) ;; <- refused here
    (call $Text.free (local.get $u))
    (call $Text.free (local.get $t)))
  (func $check (param $t externref) (result i32)
    (ref.is_null (local.get $t)))
)
