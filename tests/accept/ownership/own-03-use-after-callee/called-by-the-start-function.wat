;; As the refused case of this name, but it is used before
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (memory 1)
  (func $eat (param $t externref)
    (call $Text.free (local.get $t)))
  (func $begin (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $Text.stamp.set (local.get $t) (i64.const 1))
    (call $eat (local.get $t))
  )
  (start $begin)
  (func (export "main"))
)
