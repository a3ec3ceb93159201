;; As the refused case of this name, but it remembers its length
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (table $seen 2 externref)
  (func $remember (param $t externref)
    (i32.store (i32.const 0) (call $Text.bytes.len (local.get $t)))
  )
  (func (export "main") (local $t externref)
    (call $remember (local.tee $t (call $Text.new (i32.const 4))))
    (call $Text.free (local.get $t)))
)
