;; goto fail: after the second step, which left a text behind
;; expect: OWN_LEAK func=5 offset=0xa8
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $step (result i32) (call $choose))
  (func (export "main") (local $a externref) (local $b externref)
    (block $fail
      (br_if $fail (call $step))
      (local.set $a (call $Text.new (i32.const 4)))
      (br_if $fail (call $step))
      (local.set $b (call $Text.new (i32.const 8)))
      (br_if $fail (call $step)) ;; <- refused here
      (call $Text.stamp.set (local.get $b) (i64.const 1))
      (call $Text.free (local.get $b)))
    (call $Text.free (local.get $a)))
)
