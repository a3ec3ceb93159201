;; Freed on one path, stamped after both
;; expect: OWN_SPLIT func=4 offset=0x98
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (if (call $choose) (then (call $Text.free (local.get $a)) )) ;; <- refused here
    (call $Text.stamp.set (local.get $a) (i64.const 1))
    (call $Text.free (local.get $a)))
)
