;; As the refused case of this name, but the first one only clears it
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (memory 1)
  (func $finish (param $t externref)
    (call $Text.stamp.set (local.get $t) (i64.const 0))
  )
  (func $destroy (param $t externref)
    (call $Text.free (local.get $t)))
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (call $finish (local.get $a))
    (call $destroy (local.get $a)))
)
