;; A text is stamped after it was freed
;; expect: OWN_USE_AFTER_FREE func=3 offset=0x87
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (memory 1)
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (call $Text.free (local.get $a))
    (call $Text.stamp.set (local.get $a) (i64.const 7)) ;; <- refused here
  )
)
