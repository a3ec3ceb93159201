;; As the refused case of this name, but the caller tests the text itself
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $none (param $t externref) (result i32)
    (ref.is_null (local.get $t)))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.alloc (i32.const 4)))
    (if (i32.eqz (ref.is_null (local.get $t)))
      (then (call $Text.free (local.get $t))))
  )
)
