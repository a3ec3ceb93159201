;; A helper remembers the text that it is lent
;; expect: OWN_ESCAPE func=2 offset=0x64
;; monitor: - the text is freed all the same
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (table $seen 2 externref)
  (func $remember (param $t externref)
    (table.set $seen (i32.const 0) (local.get $t)) ;; <- refused here
  )
  (func (export "main") (local $t externref)
    (call $remember (local.tee $t (call $Text.new (i32.const 4))))
    (call $Text.free (local.get $t)))
)
