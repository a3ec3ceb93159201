;; table.grow fills its new entries with the text
;; expect: OWN_ESCAPE func=2 offset=0x6b
;; monitor: - the text is freed all the same
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (table $keep 0 externref)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (drop (table.grow $keep (local.get $t) (i32.const 2))) ;; <- refused here
    (call $Text.free (local.get $t)))
)
