;; Freed under one name, stamped under the other
;; expect: OWN_USE_AFTER_FREE func=3 offset=0x8b
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $b (local.get $a))
    (call $Text.free (local.get $a))
    (call $Text.stamp.set (local.get $b) (i64.const 1)) ;; <- refused here
  )
)
