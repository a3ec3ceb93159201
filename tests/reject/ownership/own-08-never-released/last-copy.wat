;; Two names for one text; neither is given away
;; expect: OWN_LEAK func=3 offset=0x94
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $b (local.get $a))
    (call $Text.stamp.set (local.get $b) (i64.const 1))
    (drop (call $Text.bytes.len (local.get $a)))
    ;; refused here: at the end
  )
)
