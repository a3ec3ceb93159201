;; The text that a helper makes is dropped
;; expect: OWN_LEAK func=2 offset=0x4f
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $make (result externref)
    (call $Text.new (i32.const 4)))
  (func (export "main")
    (drop (call $make)) ;; <- refused here
  )
)
