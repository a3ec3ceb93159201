;; A text is kept in a table
;; expect: OWN_ESCAPE func=1 offset=0x53
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (table $keep 4 externref)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (table.set $keep (i32.const 1) (local.get $t)) ;; <- refused here
  )
)
