;; A flag chosen by `select` on an unknown condition
;; expect: OWN_LEAK func=3 offset=0x7f
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (if (select (i32.const 1) (i32.const 0) (call $choose))
      (then (call $Text.free (local.get $a)))
      (else))) ;; <- refused here
)
