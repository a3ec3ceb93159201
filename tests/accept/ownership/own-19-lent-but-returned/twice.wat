;; As the refused case of this name, but it returns it and a new one
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $twins (param $t externref) (result externref externref)
    (local.get $t)
    (call $Text.new (i32.const 2))
  )
  (func (export "main") (local $b externref)
    (call $twins (call $Text.new (i32.const 4)))
    local.set $b
    call $Text.free
    (call $Text.free (local.get $b)))
)
