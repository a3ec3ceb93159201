;; The table is the host's, so the text goes to a function that nobody has seen
;; expect: STR_FOREIGN_REFERENCE func=3 offset=0x80
;; monitor: - the runner has no such table
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "env" "handlers" (table $handlers 1 1 funcref))
  (memory 1)
  (type $sink (func (param externref)))
  (elem declare func $free_it)
  (func $free_it (type $sink) (param $t externref)
    (call $Text.free (local.get $t)))
  (func (export "main")
    (call_indirect $handlers (type $sink) (call $Text.new (i32.const 4)) (i32.const 0)) ;; <- refused here
  )
)
