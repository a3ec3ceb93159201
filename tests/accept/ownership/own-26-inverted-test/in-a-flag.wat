;; As the refused case of this name, but it is not
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $t externref) (local $f i32)
    (local.set $t (call $Text.alloc (i32.const 4)))
    (local.set $f (i32.xor (ref.is_null (local.get $t)) (i32.const 1)))
    (br_if 0 (i32.eqz (local.get $f)))
    (call $Text.free (local.get $t)))
)
