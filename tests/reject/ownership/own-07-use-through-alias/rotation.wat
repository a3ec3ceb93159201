;; A loop turns three names in a ring; two of them are one text
;; expect: OWN_USE_AFTER_FREE func=2 offset=0x85
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $c externref) (local $t externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (call $Text.new (i32.const 2)))
    (local.set $c (local.get $a))
    (local.set $t (local.get $a))
    (local.set $a (local.get $b))
    (local.set $b (local.get $c))
    (local.set $c (local.get $t))
    (call $Text.free (local.get $c))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b))) ;; <- refused here
)
