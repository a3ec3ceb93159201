;; Made as an argument of an operation that only borrows it
;; expect: OWN_LEAK func=2 offset=0x67
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func (export "main") (local $a externref)
    (i32.store (i32.const 0) (call $Text.bytes.len (call $Text.new (i32.const 4)))) ;; <- refused here
  )
)
