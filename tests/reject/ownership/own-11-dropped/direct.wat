;; A fresh text is dropped
;; expect: OWN_LEAK func=1 offset=0x45
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func (export "main")
    (drop (call $Text.new (i32.const 4))) ;; <- refused here
  )
)
