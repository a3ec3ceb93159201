;; A callee ends the program if the block is there; afterwards it is used
;; expect: OWN_NULL func=4 offset=0xa0
;; monitor: MON_NULL
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $none (param $t externref)
    (if (i32.eqz (ref.is_null (local.get $t))) (then (unreachable))))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.alloc (i32.const 4)))
    (call $none (local.get $t))
    (block
      (br_if 0 (call $choose))
      (i32.store (i32.const 0) (i32.const 1)))
    (call $Text.stamp.set (local.get $t) (i64.const 1))) ;; <- refused here
)
