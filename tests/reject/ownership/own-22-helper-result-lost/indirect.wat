;; The result of an indirect call is only looked at
;; expect: OWN_LEAK func=5 offset=0x9f
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (type $maker (func (result externref)))
  (table 2 2 funcref)
  (elem (i32.const 0) $short $long)
  (func $short (type $maker) (call $Text.new (i32.const 1)))
  (func $long (type $maker) (call $Text.new (i32.const 64)))
  (func (export "main") (local $t externref)
    (i32.store (i32.const 0) (call $Text.bytes.len (call_indirect (type $maker) (call $choose)))) ;; <- refused here
  )
)
