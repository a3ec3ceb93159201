;; The table holds a function of the host, which an indirect call hands the text to
;; expect: STR_FOREIGN_REFERENCE func=4 offset=0x82
;; monitor: - the runner has no such function
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "env" "take" (func $take (param externref)))
  (memory 1)
  (type $sink (func (param externref)))
  (table 1 1 funcref)
  (elem (i32.const 0) $take)
  (func $own (type $sink) (param $t externref)
    (call $Text.free (local.get $t)))
  (func (export "main")
    (call_indirect (type $sink) (call $Text.new (i32.const 4)) (i32.const 0))) ;; <- refused here
)
