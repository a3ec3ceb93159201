;; The second of two results is dropped
;; expect: OWN_LEAK func=3 offset=0x6c
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $two (result externref externref)
    (call $Text.new (i32.const 4))
    (call $Text.new (i32.const 4)))
  (func (export "main")
    call $two
    drop ;; <- refused here
    call $Text.free)
)
