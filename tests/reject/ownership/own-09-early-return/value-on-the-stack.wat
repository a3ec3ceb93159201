;; The reference lies on the operand stack, below the result, when the function returns
;; expect: OWN_LEAK func=3 offset=0x78
;; monitor: MON_LEAK
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
      (return (i32.const 7))) ;; <- refused here
    (call $Text.free)
    (i32.const 0))
  (func (export "main")
    (i32.store (i32.const 0) (call $make)))
)
