;; An indirect call reaches a function that returns its argument and one that replaces it; the caller goes on with the argument
;; expect: OWN_AMBIGUOUS func=6 offset=0xc5
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (type $change (func (param externref) (result externref)))
  (table 2 2 funcref)
  (elem (i32.const 0) $same $replaced)
  (func $same (type $change) (param $t externref) (result externref)
    (local.get $t))
  (func $replaced (type $change) (param $t externref) (result externref)
    (call $Text.free (local.get $t))
    (call $Text.new (i32.const 3)))
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (call_indirect (type $change) (local.get $a) (call $choose)))
    (call $Text.stamp.set (local.get $a) (i64.const 1)) ;; <- refused here
    (call $Text.free (local.get $b)))
)
