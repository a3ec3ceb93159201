;; One of two blocks, whichever it is, goes to a function of the host
;; expect: STR_FOREIGN_REFERENCE func=4 offset=0x90
;; monitor: - the runner has no such function
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "env" "look" (func $look (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $p externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $b (call $Text.new (i32.const 4)))
    (local.set $p (select (result externref) (local.get $a) (local.get $b) (call $choose)))
    (call $look (local.get $p)) ;; <- refused here
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b)))
)
