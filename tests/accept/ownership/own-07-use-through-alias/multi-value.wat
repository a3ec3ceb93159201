;; As the refused case of this name, but it leaves two texts
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (block (result externref externref)
      local.get $a
      (call $Text.new (i32.const 4))
    )
    local.set $b
    call $Text.free
    (drop (call $Text.bytes.len (local.get $b)))
    (call $Text.free (local.get $b))
  )
)
