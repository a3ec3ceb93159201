;; A text is stored in a slot under one name and written under the other
;; expect: OWN_USE_AFTER_MOVE func=4 offset=0xae
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: slots Text[8];
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "slot.swap" (func $Text.slot.swap (param i32 externref) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (memory 1)
  (func (export "main") (local $t externref) (local $u externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (local.set $u (local.get $t))
    (call $Text.free (call $Text.slot.swap (i32.const 0) (local.get $t)))
    (call $Text.stamp.set (local.get $u) (i64.const 1)) ;; <- refused here
  )
)
