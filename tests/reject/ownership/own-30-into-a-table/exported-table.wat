;; The table is exported: the host may put a function of its own there
;; expect: STR_FOREIGN_REFERENCE func=1 offset=0x5d
;; monitor: - the runner writes no tables
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (type $sink (func (param externref)))
  (table (export "handlers") 1 1 funcref)
  (func (export "main")
    (call_indirect (type $sink) (call $Text.new (i32.const 4)) (i32.const 0))) ;; <- refused here
)
