;; As the refused case of this name, but it does not free it
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $make (result externref) (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (local.get $t))
  (func (export "main")
    (call $Text.free (call $make)))
)
