;; As the refused case of this name, but the texts are freed under this name and another one, each once
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $c externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (call $Text.new (i32.const 2)))
    (local.set $c (local.get $a))
    (if (call $choose) (then (local.set $c (local.get $b)) (local.set $b (local.get $a))))
    (call $Text.free (local.get $c))
    (call $Text.free (local.get $b)))
)
