;; A function of others may be in a table: they can pass it to an exported function
;; expect: STR_FOREIGN_REFERENCE func=4 offset=0x92
;; monitor: - the table holds no function of the host in these runs
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (type $sink (func (param externref)))
  (elem declare func $own)
  (table $t 1 1 funcref)
  (elem (table $t) (i32.const 0) func $own)
  (func (export "handle") (param funcref) (table.set $t (i32.const 0) (local.get 0)))
  (func $own (type $sink) (param $t externref)
    (call $Text.free (local.get $t)))
  (func (export "main")
    (call_indirect $t (type $sink) (call $Text.new (i32.const 4)) (i32.const 0)) ;; <- refused here
  )
)
