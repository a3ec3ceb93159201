;; As the refused case of this name, but they are two
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $free_both (param $a externref) (param $b externref)
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $free_both
      (call $Text.new (i32.const 2))
      (local.get $t))
  )
)
