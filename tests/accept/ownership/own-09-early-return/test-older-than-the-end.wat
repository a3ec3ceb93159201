;; As the refused case of this name, but the other block is freed first
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $f i32) (local $g i32)
    (local.set $a (call $Text.alloc (i32.const 4)))
    (local.set $b (call $Text.alloc (i32.const 4)))
    (local.set $f (ref.is_null (local.get $b)))
    (call $Text.free (local.get $b))
    (if (local.get $f) (then (call $Text.free (local.get $a)) (return)))
    (call $Text.free (local.get $a)))
)
