;; A text is put into a global for a helper that reads it there
;; expect: OWN_ESCAPE func=4 offset=0x95
;; monitor: - the text is freed all the same
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (global $current (mut externref) (ref.null extern))
  (func $length (result i32)
    (call $Text.bytes.len (global.get $current)))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (global.set $current (local.get $t)) ;; <- refused here
    (i32.store (i32.const 0) (call $length))
    (call $Text.free (local.get $t)))
)
