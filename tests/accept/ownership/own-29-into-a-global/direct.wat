;; As the refused case of this name, but in a local; the global gets null
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (global $last (mut externref) (ref.null extern))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (global.set $last (ref.null extern))
    (call $Text.free (local.get $t))
  )
)
