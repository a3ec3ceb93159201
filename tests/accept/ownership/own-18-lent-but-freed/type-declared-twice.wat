;; As the refused case of this name, but it does not free
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (memory 1)
  (type $visit (func (param externref)))
  (type $visit_again (func (param externref)))
  (table 1 1 funcref)
  (elem (i32.const 0) $discard)
  (func $discard (type $visit) (param $t externref)
    (call $Text.stamp.set (local.get $t) (i64.const 0))
  )
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call_indirect (type $visit_again) (local.get $t) (i32.const 0))
    (call $Text.free (local.get $t)))
)
