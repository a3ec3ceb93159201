;; The function that frees is held by a global, from which it gets into the table
;; expect: OWN_USE_AFTER_MOVE func=3 offset=0x87
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (type $visit (func (param externref)))
  (table $hooks 1 1 funcref)
  (global $hook funcref (ref.func $discard))
  (func $discard (type $visit) (param $t externref)
    (call $Text.free (local.get $t))
  )
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (table.set $hooks (i32.const 0) (global.get $hook))
    (call_indirect $hooks (type $visit) (local.get $t) (i32.const 0))
    (call $Text.free (local.get $t))) ;; <- refused here
)
