;; A reference that was read from a table is used as a text
;; expect: OWN_FOREIGN func=1 offset=0x5f
;; monitor: - the entry is null, so the branch is not taken
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (memory 1)
  (table $keep 2 externref)
  (func (export "main") (local $t externref)
    (local.set $t (table.get $keep (i32.const 0)))
    (if (i32.eqz (ref.is_null (local.get $t)))
      (then (call $Text.stamp.set (local.get $t) (i64.const 1))) ;; <- refused here
    ))
)
