;; In a loop a helper is lent the text and frees it when it is the last round, as it believes
;; expect: OWN_LEAK func=3 offset=0x8f
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $step (param $t externref) (param $left i32)
    (call $Text.bytes.set (local.get $t) (local.get $left) (i32.const 1))
    (if (i32.eqz (local.get $left)) (then (call $Text.free (local.get $t)) )) ;; <- refused here
  )
  (func (export "main") (local $t externref) (local $n i32)
    (local.set $t (call $Text.new (i32.const 4)))
    (local.set $n (i32.const 2))
    (loop $again
      (call $step (local.get $t) (local.get $n))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (i32.ge_s (local.get $n) (i32.const 0))))
    (call $Text.free (local.get $t)))
)
