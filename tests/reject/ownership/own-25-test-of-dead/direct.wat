;; The null test of a freed text decides whether it is freed again
;; expect: OWN_USE_AFTER_FREE func=2 offset=0x6d
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $Text.free (local.get $t))
    (if (i32.eqz (ref.is_null (local.get $t)))
      (then (call $Text.free (local.get $t))) ;; <- refused here
    ))
)
