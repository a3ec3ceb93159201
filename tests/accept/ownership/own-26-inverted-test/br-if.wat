;; As the refused case of this name, but when there is nothing
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.alloc (i32.const 4)))
    (block $skip
      (br_if $skip (ref.is_null (local.get $t)))
      (call $Text.free (local.get $t))))
)
