;; As the refused case of this name, but it is freed
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: slots Text[8];
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "slot.swap" (func $Text.slot.swap (param i32 externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func (export "main") (local $old externref)
    (call $Text.free (call $Text.slot.swap (i32.const 3) (call $Text.new (i32.const 4))))
    (local.set $old (call $Text.slot.swap (i32.const 3) (ref.null extern)))
    (if (ref.is_null (local.get $old)) (then (i32.store (i32.const 0) (i32.const 1))))
    (call $Text.free (local.get $old))
  )
)
