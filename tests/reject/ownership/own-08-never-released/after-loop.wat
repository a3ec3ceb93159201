;; Filled in a loop, forgotten after it
;; expect: OWN_LEAK func=2 offset=0x80
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $i i32)
    (local.set $a (call $Text.new (i32.const 16)))
    (loop $fill
      (call $Text.bytes.set (local.get $a) (local.get $i) (i32.const 32))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16))) ) ;; <- refused here
  )
)
