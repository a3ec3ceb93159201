;; What was in the slot is dropped
;; expect: OWN_LEAK func=3 offset=0x8a
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: slots Text[8];
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "slot.swap" (func $Text.slot.swap (param i32 externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func (export "main")
    (call $Text.free (call $Text.slot.swap (i32.const 0) (call $Text.new (i32.const 4))))
    (drop (call $Text.slot.swap (i32.const 0) (call $Text.new (i32.const 8)))) ;; <- refused here
  )
)
