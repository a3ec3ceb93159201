;; A text is kept in a global
;; expect: OWN_ESCAPE func=1 offset=0x53
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (global $last (mut externref) (ref.null extern))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (global.set $last (local.get $t)) ;; <- refused here
  )
)
