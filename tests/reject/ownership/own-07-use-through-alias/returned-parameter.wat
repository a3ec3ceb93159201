;; The helper returns its parameter, so that the result and the argument are one text
;; expect: OWN_USE_AFTER_FREE func=5 offset=0xba
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (func $touched (param $t externref) (result externref)
    (call $Text.stamp.set (local.get $t) (i64.const 2))
    (local.get $t)
  )
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $b (call $touched (local.get $a)))
    (call $Text.free (local.get $b))
    (drop (call $Text.bytes.len (local.get $a))) ;; <- refused here
  )
)
