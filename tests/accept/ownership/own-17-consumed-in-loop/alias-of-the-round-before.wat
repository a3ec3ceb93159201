;; As the refused case of this name, but each round names a new text
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $old externref) (local $n i32)
    (local.set $a (call $Text.new (i32.const 4)))
    (loop $again
      (local.set $old (local.get $a))
      (call $Text.stamp.set (local.get $old) (i64.const 1))
      (call $Text.free (local.get $old))
      (local.set $a (call $Text.new (i32.const 4)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
    (call $Text.free (local.get $a))
  )
)
