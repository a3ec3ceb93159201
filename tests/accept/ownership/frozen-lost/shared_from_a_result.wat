;; As the refused case of this name, but it has one
;; expect: OK
;; contract: block Text { bytes: u8[]; }
;; contract: block Page { text: Text; }
(module
  (import "singula/Text" "share" (func $Text.share (param externref) (result externref)))
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $f externref) (local $g externref)
    (local.set $g (call $Text.share (local.tee $f (call $Text.freeze (call $Text.new (i32.const 4))))))
    (call $Text.free (local.get $f))
    (call $Text.free (local.get $g)))
)
