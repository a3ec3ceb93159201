;; A thaw may find no room for a copy
;; expect: OWN_MAYBE_NULL func=6 offset=0xd6
;; monitor: - the runner's quotas leave room for the copy
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "share" (func $Text.share (param externref) (result externref)))
  (import "singula/Text" "thaw" (func $Text.thaw (param externref) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $f externref) (local $g externref) (local $t externref)
    (local.set $f (call $Text.freeze (call $Text.new (i32.const 4))))
    (local.set $g (call $Text.share (local.get $f)))
    (local.set $t (call $Text.thaw (local.get $f)))
    (call $Text.stamp.set (local.get $t) (i64.const 1)) ;; <- refused here
    (call $Text.free (local.get $t))
    (call $Text.free (local.get $g)))
)
