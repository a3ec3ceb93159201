;; As the refused case of this name, but it goes to the inner one's end
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (block $outer
      (local.set $b (call $Text.new (i32.const 2)))
      (block $inner
        (if (call $choose) (then (br $inner)))
        (br $inner)
      )
      (call $Text.free (local.get $b)))
    (call $Text.free (local.get $a)))
)
