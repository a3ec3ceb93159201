;; From the second round on the name may be of this round's text or of the first one
;; expect: OWN_AMBIGUOUS func=4 offset=0xa0
;; monitor: - every run frees each once
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $last externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (call $Text.new (i32.const 2)))
    (local.set $last (local.get $a))
    (loop $again
      (call $Text.stamp.set (local.get $last) (i64.const 1)) ;; <- refused here
      (local.set $last (local.get $b))
      (br_if $again (call $choose)))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
