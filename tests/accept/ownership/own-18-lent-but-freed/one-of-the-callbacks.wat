;; As the refused case of this name, but none does
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (type $visit (func (param externref i32)))
  (table 2 2 funcref)
  (elem (i32.const 0) $clear $discard)
  (func $clear (type $visit) (param $t externref) (param $i i32)
    (call $Text.bytes.set (local.get $t) (local.get $i) (i32.const 0)))
  (func $discard (type $visit) (param $t externref) (param $i i32)
    (call $Text.stamp.set (local.get $t) (i64.const 0))
  )
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call_indirect (type $visit) (local.get $t) (i32.const 1) (call $choose))
    (call $Text.free (local.get $t)))
)
