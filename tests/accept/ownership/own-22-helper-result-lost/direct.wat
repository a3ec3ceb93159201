;; As the refused case of this name, but it is freed
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $make (result externref)
    (call $Text.new (i32.const 4)))
  (func (export "main")
    (call $Text.free (call $make))
  )
)
