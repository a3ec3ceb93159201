;; A helper frees and tests; the caller frees if the test says that something is left
;; expect: OWN_USE_AFTER_MOVE func=3 offset=0x7a
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $free_it (param $t externref) (result i32)
    (call $Text.free (local.get $t))
    (ref.is_null (local.get $t)))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (if (i32.eqz (call $free_it (local.get $t)))
      (then (call $Text.free (local.get $t)))) ;; <- refused here
  )
)
