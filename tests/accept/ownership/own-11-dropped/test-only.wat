;; As the refused case of this name, but it is freed
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref)
    (if (ref.is_null (local.tee $a (call $Text.alloc (i32.const 4))))
      (then (i32.store (i32.const 0) (i32.const 1))))
    (call $Text.free (local.get $a))
  )
)
