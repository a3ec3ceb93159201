;; As the refused case of this name, but null is
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (table $keep 4 externref)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (table.set $keep (i32.const 1) (ref.null extern))
    (call $Text.free (local.get $t))
  )
)
