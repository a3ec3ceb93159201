;; As the refused case of this name, but the block is freed in that case
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/ref" "is_null" (func $is_null (param externref) (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $n externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (if (call $is_null (local.get $n)) (then (call $Text.free (local.get $a)) (return)))
    (call $Text.free (local.get $a)))
)
