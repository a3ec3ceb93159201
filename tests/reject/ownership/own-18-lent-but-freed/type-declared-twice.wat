;; The function that frees has a type that is declared a second time, and is called by the second one
;; expect: OWN_USE_AFTER_MOVE func=3 offset=0x86
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (type $visit (func (param externref)))
  (type $visit_again (func (param externref)))
  (table 1 1 funcref)
  (elem (i32.const 0) $discard)
  (func $discard (type $visit) (param $t externref)
    (call $Text.free (local.get $t))
  )
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call_indirect (type $visit_again) (local.get $t) (i32.const 0))
    (call $Text.free (local.get $t))) ;; <- refused here
)
