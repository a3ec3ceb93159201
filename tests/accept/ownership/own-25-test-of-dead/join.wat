;; As the refused case of this name, but a flag says it
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $t externref) (local $freed i32)
    (if (call $choose)
      (then
        (local.set $t (call $Text.new (i32.const 4)))
        (call $Text.free (local.get $t))
        (local.set $freed (i32.const 1))
      ))
    (if (local.get $freed)
      (then (i32.store (i32.const 0) (i32.const 1))))
  )
)
