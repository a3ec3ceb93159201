;; As the refused case of this name, but freed, then cleared
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (if (call $choose)
      (then (call $Text.bytes.set (local.get $a) (i32.const 0) (i32.const 1)) ))
    (call $Text.free (local.get $a))
    (local.set $a (ref.null extern))
    (call $Text.free (local.get $a)))
)
