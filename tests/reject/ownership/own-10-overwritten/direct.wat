;; The variable gets a second text while it names the first
;; expect: OWN_LEAK func=2 offset=0x65
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $a (call $Text.new (i32.const 8))) ;; <- refused here
    (call $Text.free (local.get $a)))
)
