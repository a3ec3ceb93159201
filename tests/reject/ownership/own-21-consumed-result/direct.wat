;; A helper frees its text and returns it
;; expect: OWN_USE_AFTER_FREE func=3 offset=0x71
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $make (result externref) (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $Text.free (local.get $t))
    (local.get $t))
  (func (export "main")
    (call $Text.free (call $make))) ;; <- refused here
)
