;; Freed after it was stored in a slot
;; expect: OWN_USE_AFTER_MOVE func=3 offset=0x8a
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: slots Text[8];
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "slot.swap" (func $Text.slot.swap (param i32 externref) (result externref)))
  (memory 1)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $Text.free (call $Text.slot.swap (i32.const 0) (local.get $t)))
    (call $Text.free (local.get $t)) ;; <- refused here
  )
)
