;; A branch over two blocks skips the inner one's free
;; expect: OWN_LEAK func=3 offset=0x82
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (block $outer
      (local.set $b (call $Text.new (i32.const 2)))
      (block $inner
        (if (call $choose) (then (br $inner) )) ;; <- refused here
        (br $outer)
      )
      (call $Text.free (local.get $b)))
    (call $Text.free (local.get $a)))
)
