;; One of two blocks, whichever it is, goes into a global
;; expect: OWN_ESCAPE func=3 offset=0x8d
;; monitor: - the monitor does not follow references into globals
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (global $g (mut externref) (ref.null extern))
  (func (export "main") (local $a externref) (local $b externref) (local $p externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $b (call $Text.new (i32.const 4)))
    (local.set $p (select (result externref) (local.get $a) (local.get $b) (call $choose)))
    (global.set $g (local.get $p)) ;; <- refused here
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
