;; As the refused case of this name, but it goes on with the result
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (type $change (func (param externref) (result externref)))
  (table 2 2 funcref)
  (elem (i32.const 0) $same $replaced)
  (func $same (type $change) (param $t externref) (result externref)
    (local.get $t))
  (func $replaced (type $change) (param $t externref) (result externref)
    (call $Text.free (local.get $t))
    (call $Text.new (i32.const 3)))
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (call_indirect (type $change) (local.get $a) (call $choose)))
    (call $Text.stamp.set (local.get $b) (i64.const 1))
    (call $Text.free (local.get $b)))
)
