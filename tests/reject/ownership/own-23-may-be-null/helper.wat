;; A helper returns a text or null; the caller passes the result on to one that reads
;; expect: OWN_MAYBE_NULL func=5 offset=0x9f
;; monitor: MON_NULL
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $maybe (result externref)
    (if (call $choose) (then (return (call $Text.new (i32.const 4)))))
    (ref.null extern))
  (func $length (param $t externref) (result i32)
    (call $Text.bytes.len (local.get $t))) ;; <- refused here
  (func (export "main") (local $t externref)
    (local.set $t (call $maybe))
    (i32.store (i32.const 0) (call $length (local.get $t)))
    (call $Text.free (local.get $t)))
)
