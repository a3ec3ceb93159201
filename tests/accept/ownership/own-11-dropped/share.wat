;; As the refused case of this name, but it is freed
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "share" (func $Text.share (param externref) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $f externref)
    (local.set $f (call $Text.freeze (call $Text.new (i32.const 4))))
    (call $Text.free (call $Text.share (local.get $f)))
    (call $Text.free (local.get $f)))
)
