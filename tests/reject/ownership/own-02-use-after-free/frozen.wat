;; A frozen text is read after this owner's share of it was freed; another owner still has one
;; expect: OWN_USE_AFTER_FREE func=5 offset=0xbf
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "share" (func $Text.share (param externref) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (func (export "main") (local $f externref) (local $g externref)
    (local.set $f (call $Text.freeze (call $Text.new (i32.const 4))))
    (local.set $g (call $Text.share (local.get $f)))
    (call $Text.free (local.get $f))
    (i32.store (i32.const 0) (call $Text.bytes.len (local.get $f))) ;; <- refused here
    (call $Text.free (local.get $g)))
)
