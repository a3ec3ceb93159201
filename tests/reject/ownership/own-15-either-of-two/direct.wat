;; A name that is one of two texts, depending on the path; it is freed, and then both
;; expect: OWN_AMBIGUOUS func=3 offset=0x87
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $c externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (call $Text.new (i32.const 2)))
    (local.set $c (local.get $a))
    (if (call $choose) (then (local.set $c (local.get $b))))
    (call $Text.free (local.get $c)) ;; <- refused here
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
