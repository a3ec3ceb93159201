;; As the refused case of this name, but null is stored
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (global $g (mut externref) (ref.null extern))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $Text.free (local.get $t))
    (local.set $t (ref.null extern))
    (global.set $g (local.get $t)))
)
