;; As the refused case of this name, but the local is read inside, before the free
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (type $eater (func (param externref)))
  (func (export "main") (local $a externref)
    (call $Text.new (i32.const 4))
    local.tee $a
    (block (type $eater)
      (drop (call $Text.bytes.len (local.get $a)))
      call $Text.free)
  )
)
