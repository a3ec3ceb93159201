;; A helper frees its parameter; the caller goes on using it
;; expect: OWN_USE_AFTER_MOVE func=4 offset=0x95
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $eat (param $t externref)
    (call $Text.stamp.set (local.get $t) (i64.const 0))
    (call $Text.free (local.get $t)))
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (call $eat (local.get $a))
    (call $Text.stamp.set (local.get $a) (i64.const 1)) ;; <- refused here
  )
)
