;; A new block that only the first operand names is not taken
;; expect: OWN_LEAK func=3 offset=0x7a
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (drop (select (result externref) (call $Text.new (i32.const 4)) (local.get $a) (call $choose))) ;; <- refused here
    (call $Text.free (local.get $b))
    (call $Text.free (local.get $a)))
)
