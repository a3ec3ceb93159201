;; As the refused case of this name, but the block is freed on both paths
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $p externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (if (call $choose) (then (local.set $p (local.get $a))))
    (if (ref.is_null (local.get $p)) (then (call $Text.free (local.get $a)) (return)))
    (call $Text.free (local.get $a)))
)
