;; A text is made, stamped, and forgotten
;; expect: OWN_LEAK func=2 offset=0x6d
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (memory 1)
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (call $Text.stamp.set (local.get $a) (i64.const 1))
    ;; refused here: at the end
  )
)
