;; Freed in the first round, stamped in the second
;; expect: OWN_SPLIT func=4 offset=0x9e
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (loop $again
      (call $Text.stamp.set (local.get $a) (i64.const 1))
      (call $Text.free (local.get $a))
      (br_if $again (call $choose))) ;; <- refused here
  )
)
