;; As the refused case of this name, but it frees it
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: slots Text[8];
(module
  (import "singula/Text" "slot.swap" (func $Text.slot.swap (param i32 externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $old externref) (local $i i32)
    (loop $again
      (local.set $old
        (call $Text.slot.swap (i32.and (local.get $i) (i32.const 1)) (call $Text.new (local.get $i))))
      (call $Text.free (local.get $old))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4))))
  )
)
