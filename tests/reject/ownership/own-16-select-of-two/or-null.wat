;; A select between a text and null is freed, and then the text
;; expect: OWN_AMBIGUOUS func=3 offset=0x7f
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (select (result externref) (local.get $a) (ref.null extern) (call $choose)))
    (call $Text.free (local.get $b)) ;; <- refused here
    (call $Text.free (local.get $a))
  )
)
