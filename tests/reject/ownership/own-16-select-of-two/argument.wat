;; The select is the argument of a helper that frees it
;; expect: OWN_AMBIGUOUS func=3 offset=0x6d
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $eat (param $t externref)
    (call $Text.free (local.get $t))) ;; <- refused here
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (call $Text.new (i32.const 2)))
    (call $eat (select (result externref) (local.get $a) (local.get $b) (call $choose)))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
