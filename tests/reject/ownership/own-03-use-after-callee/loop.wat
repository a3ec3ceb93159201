;; From the second round on the helper has eaten the text
;; expect: OWN_SPLIT func=5 offset=0xa6
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $eat (param $t externref)
    (call $Text.free (local.get $t)))
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (loop $again
      (call $Text.stamp.set (local.get $a) (i64.const 1))
      (call $eat (local.get $a))
      (br_if $again (call $choose))) ;; <- refused here
  )
)
