;; A helper returns one of its two parameters
;; expect: OWN_AMBIGUOUS func=5 offset=0xc6
;; monitor: - every run frees each once
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $longer (param $a externref) (param $b externref) (result externref)
    (if (i32.gt_u (call $Text.bytes.len (local.get $a)) (call $Text.bytes.len (local.get $b)))
      (then (return (local.get $a))))
    (local.get $b))
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (call $Text.new (i32.const 2)))
    (call $Text.stamp.set (call $longer (local.get $a) (local.get $b)) (i64.const 1)) ;; <- refused here
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
