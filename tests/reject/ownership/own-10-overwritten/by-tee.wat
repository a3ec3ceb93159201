;; The tee that keeps the new text loses the old one
;; expect: OWN_LEAK func=3 offset=0x85
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $n i32)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $n (call $Text.bytes.len (local.tee $a (call $Text.new (i32.const 8))))) ;; <- refused here
    (i32.store (i32.const 0) (local.get $n))
    (call $Text.free (local.get $a)))
)
