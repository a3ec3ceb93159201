;; A helper frees both of its arguments, and they are one
;; expect: OWN_USE_AFTER_FREE func=2 offset=0x65
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $free_both (param $a externref) (param $b externref)
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b))) ;; <- refused here
  (func (export "main") (local $t externref)
    (call $free_both
      (local.tee $t (call $Text.new (i32.const 2)))
      (local.get $t))
  )
)
