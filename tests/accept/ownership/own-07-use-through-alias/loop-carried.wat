;; As the refused case of this name, but every round makes its own
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $cur externref) (local $old externref) (local $n i32)
    (local.set $cur (call $Text.new (i32.const 4)))
    (loop $again
      (local.set $old (local.get $cur))
      (local.set $n (i32.add (local.get $n) (call $Text.bytes.len (local.get $old))))
      (call $Text.free (local.get $cur))
      (local.set $cur (call $Text.new (i32.const 4)))
      (br_if $again (call $choose)))
    (call $Text.free (local.get $cur)))
)
