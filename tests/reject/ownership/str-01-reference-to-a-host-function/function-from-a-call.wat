;; A function of the host may be in a table: it can come as the result of a call
;; expect: STR_FOREIGN_REFERENCE func=4 offset=0x8c
;; monitor: - the table holds no function of the host in these runs
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "env" "choose" (func $choose (result funcref)))
  (memory 1)
  (type $sink (func (param externref)))
  (elem declare func $own)
  (table $t 1 1 funcref)
  (elem (table $t) (i32.const 0) func $own)
  (func $own (type $sink) (param $t externref)
    (call $Text.free (local.get $t)))
  (func (export "main")
    (call_indirect $t (type $sink) (call $Text.new (i32.const 4)) (i32.const 0)) ;; <- refused here
  )
)
