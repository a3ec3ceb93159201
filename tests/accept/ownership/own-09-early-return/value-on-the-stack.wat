;; As the refused case of this name, but it is taken off first
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $make (result i32)
    (call $Text.new (i32.const 4))
    (block $go
      (br_if $go (i32.eqz (call $choose)))
      (nop))
    (call $Text.free)
    (i32.const 0))
  (func (export "main")
    (i32.store (i32.const 0) (call $make)))
)
