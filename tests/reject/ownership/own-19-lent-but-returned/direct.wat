;; The helper returns what it was lent; the caller frees the argument and the result
;; expect: OWN_USE_AFTER_FREE func=4 offset=0x9c
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $stamped (param $t externref) (result externref)
    (call $Text.stamp.set (local.get $t) (i64.const 1))
    (local.get $t))
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $b (call $stamped (local.get $a)))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)) ;; <- refused here
  )
)
