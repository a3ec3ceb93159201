;; A share is made for somebody and dropped
;; expect: OWN_LEAK func=4 offset=0x97
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "share" (func $Text.share (param externref) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $f externref)
    (local.set $f (call $Text.freeze (call $Text.new (i32.const 4))))
    (drop (call $Text.share (local.get $f))) ;; <- refused here
    (call $Text.free (local.get $f)))
)
