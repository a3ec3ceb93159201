;; A helper gives its parameter a new text without freeing the caller's, whose only name it had
;; expect: OWN_LEAK func=4 offset=0x99
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $shorter (param $t externref) (param $n i32)
    (local.set $n (i32.sub (call $Text.bytes.len (local.get $t)) (local.get $n)))
    (local.set $t (call $Text.new (local.get $n)))
    (call $Text.free (local.get $t)))
  (func (export "main")
    (call $shorter (call $Text.new (i32.const 8)) (i32.const 4))) ;; <- refused here
)
