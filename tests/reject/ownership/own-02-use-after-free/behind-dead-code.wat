;; A label that only unreachable code branches to, and a loop that is never entered; what follows is reached all the same
;; expect: OWN_USE_AFTER_FREE func=2 offset=0x92
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (block $dead
      (block $live
        (br $live)
        (call $Text.free (local.get $a))
        (br $dead))
      (call $Text.free (local.get $a))
      (block $on
        (br $on)
        (loop $never
          (call $Text.free (local.get $a))
          (br_if $dead (ref.is_null (local.get $a)))
          (br $never)))
      (if (i32.const 0)
        (then
          (local.set $a (ref.null extern))
          (br $dead)))
      (call $Text.free (local.get $a)) ;; <- refused here
      (return))
    (unreachable))
)
