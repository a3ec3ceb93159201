;; As the refused case of this name, but that path traps
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    local.get $t
    (if (call $choose)
      (then (unreachable)))
    call $Text.bytes.len
    (i32.store8 offset=1 (i32.const 0) (i32.const 0))
    drop
    (call $Text.free (local.get $t))
  )
)
