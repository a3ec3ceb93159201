;; As the refused case of this name, but it does not
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.read" (func $Text.bytes.read (param externref i32 i32 i32)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $print (param $t externref)
    (call $Text.bytes.read (local.get $t) (i32.const 0) (i32.const 1024) (call $Text.bytes.len (local.get $t)))
  )
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $print (local.get $t))
    (call $Text.free (local.get $t)))
)
