;; As the refused case of this name, but the first is freed before
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (call $Text.free (local.get $a))
    (local.set $a (call $Text.new (i32.const 8)))
    (call $Text.free (local.get $a)))
)
