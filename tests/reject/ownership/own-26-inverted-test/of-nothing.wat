;; A variable that was never set is tested by the import; the block is lost where it is null
;; expect: OWN_LEAK func=3 offset=0x82
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/ref" "is_null" (func $is_null (param externref) (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $n externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (if (call $is_null (local.get $n)) (then (return))) ;; <- refused here
    (call $Text.free (local.get $a)))
)
