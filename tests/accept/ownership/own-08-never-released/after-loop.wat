;; As the refused case of this name, but freed after it
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $i i32)
    (local.set $a (call $Text.new (i32.const 16)))
    (loop $fill
      (call $Text.bytes.set (local.get $a) (local.get $i) (i32.const 32))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16))))
    (call $Text.free (local.get $a))
  )
)
