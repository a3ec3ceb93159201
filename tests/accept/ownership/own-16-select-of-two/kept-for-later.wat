;; As the refused case of this name, but the condition is constant
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $c externref) (local $i i32)
    (local.set $a (call $Text.new (i32.const 8)))
    (local.set $b (call $Text.new (i32.const 8)))
    (local.set $c (select (result externref) (local.get $a) (local.get $b) (i32.const 1)))
    (loop $fill
      (call $Text.bytes.set (local.get $c) (local.get $i) (i32.const 32))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8))))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
