;; The share that a second one is made of has no name
;; expect: OWN_LEAK func=4 offset=0x91
;; monitor: MON_LEAK
;; contract: block Text { bytes: u8[]; }
;; contract: block Page { text: Text; }
(module
  (import "singula/Text" "share" (func $Text.share (param externref) (result externref)))
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $f externref) (local $g externref)
    (local.set $g (call $Text.share (call $Text.freeze (call $Text.new (i32.const 4))))) ;; <- refused here
    (call $Text.free (local.get $f))
    (call $Text.free (local.get $g)))
)
