;; As the refused case of this name, but there is no old one
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $n i32)
    (local.set $n (call $Text.bytes.len (local.tee $a (call $Text.new (i32.const 8)))))
    (i32.store (i32.const 0) (local.get $n))
    (call $Text.free (local.get $a)))
)
