;; A helper that frees its first and stamps its second argument gets the same text twice
;; expect: OWN_USE_AFTER_FREE func=3 offset=0x85
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $replace (param $old externref) (param $new externref)
    (call $Text.free (local.get $old))
    (call $Text.stamp.set (local.get $new) (i64.const 1))) ;; <- refused here
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (call $replace (local.get $a) (local.get $a))
  )
)
