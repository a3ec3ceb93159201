;; As the refused case of this name, but it decides nothing that concerns the text
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $Text.free (local.get $t))
    (if (i32.eqz (ref.is_null (local.get $t)))
      (then (i32.store (i32.const 0) (i32.const 1)))
    ))
)
