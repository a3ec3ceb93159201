;; As the refused case of this name, but it does not free either
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (type $visit (func (param externref)))
  (table $hooks 1 1 funcref)
  (elem (i32.const 0) $clear)
  (elem declare func $discard)
  (func $clear (type $visit) (param $t externref)
    (call $Text.stamp.set (local.get $t) (i64.const 0)))
  (func $discard (type $visit) (param $t externref)
    (drop (call $Text.bytes.len (local.get $t)))
  )
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (table.set $hooks (i32.const 0) (ref.func $discard))
    (call_indirect $hooks (type $visit) (local.get $t) (i32.const 0))
    (call $Text.free (local.get $t)))
)
