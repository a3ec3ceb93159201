;; A freed text is handed to a helper that only reads
;; expect: OWN_USE_AFTER_FREE func=4 offset=0xa1
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "bytes.get" (func $Text.bytes.get (param externref i32) (result i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $sum (param $t externref) (result i32) (local $i i32) (local $s i32)
    (block $end
      (loop $byte
        (br_if $end (i32.ge_u (local.get $i) (call $Text.bytes.len (local.get $t)))) ;; <- refused here
        (local.set $s (i32.add (local.get $s) (call $Text.bytes.get (local.get $t) (local.get $i))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $byte)))
    (local.get $s))
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 8)))
    (call $Text.free (local.get $a))
    (i32.store (i32.const 0) (call $sum (local.get $a)))
  )
)
