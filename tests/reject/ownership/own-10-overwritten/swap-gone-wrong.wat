;; A swap of two variables without the third
;; expect: OWN_LEAK func=2 offset=0x69
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $t externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (call $Text.new (i32.const 2)))
    (local.set $a (local.get $b)) ;; <- refused here
    (local.set $b (local.get $a))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
