;; Null on one path, a second name on the other; freed under both names
;; expect: OWN_AMBIGUOUS func=3 offset=0x7d
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (if (call $choose)
      (then
        (local.set $b (local.get $a))
      ))
    (call $Text.free (local.get $b)) ;; <- refused here
    (call $Text.free (local.get $a)))
)
