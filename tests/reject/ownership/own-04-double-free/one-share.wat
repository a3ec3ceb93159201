;; Two owners, one share: the second owner was never given its own
;; expect: OWN_USE_AFTER_FREE func=3 offset=0x88
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $f externref) (local $g externref)
    (local.set $f (call $Text.freeze (call $Text.new (i32.const 4))))
    (local.set $g (local.get $f))
    (call $Text.free (local.get $f))
    (call $Text.free (local.get $g))) ;; <- refused here
)
