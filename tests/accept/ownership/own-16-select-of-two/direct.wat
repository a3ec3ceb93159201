;; As the refused case of this name, but if and else free one and the other
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (call $Text.new (i32.const 2)))
    (if (call $choose)
      (then (call $Text.free (local.get $a)) (local.set $a (ref.null extern)))
      (else (call $Text.free (local.get $b)) (local.set $b (ref.null extern))))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b))
  )
)
