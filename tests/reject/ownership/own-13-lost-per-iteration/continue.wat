;; A `continue` jumps over the free
;; expect: OWN_LEAK func=3 offset=0x85
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $n i32)
    (loop $again
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (local.set $a (call $Text.new (local.get $n)))
      (br_if $again (i32.and (call $choose) (i32.lt_u (local.get $n) (i32.const 4)))) ;; <- refused here
      (call $Text.free (local.get $a))
      (br_if $again (i32.lt_u (local.get $n) (i32.const 4)))))
)
