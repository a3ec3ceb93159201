;; What the caller lent, or a reference of the host, goes into a global
;; expect: OWN_ESCAPE func=3 offset=0x85
;; monitor: - the monitor does not follow references into globals
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (global $theirs (mut externref) (ref.null extern))
  (func $store (param $t externref) (local $x externref)
    (if (call $choose)
      (then (local.set $x (local.get $t)))
      (else (local.set $x (global.get $theirs))))
    (global.set $theirs (local.get $x))) ;; <- refused here
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (call $store (local.get $a))
    (call $Text.free (local.get $a)))
)
