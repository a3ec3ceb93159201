;; As the refused case of this name, but it jumps before the allocation
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $n i32)
    (loop $again
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $again (i32.and (call $choose) (i32.lt_u (local.get $n) (i32.const 4))))
      (local.set $a (call $Text.new (local.get $n)))
      (call $Text.free (local.get $a))
      (br_if $again (i32.lt_u (local.get $n) (i32.const 4)))))
)
