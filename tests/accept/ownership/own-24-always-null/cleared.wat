;; As the refused case of this name, but used before
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (func (export "main") (local $t externref) (local $n i32)
    (local.set $t (call $Text.new (i32.const 4)))
    (local.set $n (call $Text.bytes.len (local.get $t)))
    (call $Text.free (local.get $t))
    (local.set $t (ref.null extern))
    (call $Text.free (local.get $t))
    (i32.store (i32.const 0) (local.get $n)))
)
