;; As the refused case of this name, but the helper's answer is not used
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $free_it (param $t externref) (result i32)
    (call $Text.free (local.get $t))
    (ref.is_null (local.get $t)))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (drop (call $free_it (local.get $t)))
  )
)
