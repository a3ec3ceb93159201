;; The frozen text is read after it was thawed, even if that copied it
;; expect: OWN_USE_AFTER_MOVE func=5 offset=0xbe
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "thaw" (func $Text.thaw (param externref) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $f externref) (local $g externref) (local $t externref)
    (local.set $f (call $Text.freeze (call $Text.new (i32.const 4))))
    (local.set $g (local.get $f))
    (local.set $t (call $Text.thaw (local.get $f)))
    (i32.store (i32.const 0) (call $Text.bytes.len (local.get $g))) ;; <- refused here
    (call $Text.free (local.get $t)))
)
