;; Even a freed text may not be stored there: its place may be another text's by then
;; expect: OWN_ESCAPE func=2 offset=0x6f
;; monitor: - a global that nothing reads does no harm
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (global $g (mut externref) (ref.null extern))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $Text.free (local.get $t))
    (global.set $g (local.get $t))) ;; <- refused here
)
