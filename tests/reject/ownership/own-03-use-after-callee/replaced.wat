;; The helper frees its parameter and returns a larger one; the caller keeps using the old name
;; expect: OWN_USE_AFTER_MOVE func=6 offset=0xea
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "stamp.get" (func $Text.stamp.get (param externref) (result i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (memory 1)
  (func $grow (param $t externref) (param $n i32) (result externref) (local $new externref)
    (local.set $new (call $Text.new (local.get $n)))
    (call $Text.stamp.set (local.get $new) (call $Text.stamp.get (local.get $t)))
    (call $Text.free (local.get $t))
    (local.get $new))
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $b (call $grow (local.get $a) (i32.const 8)))
    (call $Text.bytes.set (local.get $a) (i32.const 5) (i32.const 1)) ;; <- refused here
    (call $Text.free (local.get $b))
  )
)
