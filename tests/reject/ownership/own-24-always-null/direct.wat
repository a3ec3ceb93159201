;; A variable is used that was never set
;; expect: OWN_NULL func=2 offset=0x65
;; monitor: MON_NULL
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $t externref)
    (call $Text.stamp.set (local.get $t) (i64.const 1)) ;; <- refused here
    (call $Text.free (local.get $t)))
)
