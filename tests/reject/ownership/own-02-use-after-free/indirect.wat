;; The function that an indirect call reaches reads a freed text
;; expect: OWN_USE_AFTER_FREE func=5 offset=0xbc
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "bytes.get" (func $Text.bytes.get (param externref i32) (result i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (type $reader (func (param externref) (result i32)))
  (table 2 2 funcref)
  (elem (i32.const 0) $len $first)
  (func $len (type $reader) (param $t externref) (result i32)
    (call $Text.bytes.len (local.get $t))) ;; <- refused here
  (func $first (type $reader) (param $t externref) (result i32)
    (call $Text.bytes.get (local.get $t) (i32.const 0)))
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 8)))
    (call $Text.free (local.get $a))
    (i32.store (i32.const 0) (call_indirect (type $reader) (local.get $a) (call $choose)))
  )
)
