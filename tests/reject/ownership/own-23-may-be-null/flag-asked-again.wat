;; Made if a flag is set, used if another answer is
;; expect: OWN_MAYBE_NULL func=4 offset=0xac
;; monitor: MON_NULL
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $make i32) (local $not i32)
    (local.set $make (call $choose))
    (local.set $not (i32.eqz (local.get $make)))
    (if (local.get $make)
      (then (local.set $a (call $Text.new (i32.const 1)))))
    (local.set $make (call $choose))
    (if (local.get $make)
      (then (call $Text.stamp.set (local.get $a) (i64.const 1)))) ;; <- refused here
    (i32.store (i32.const 0) (local.get $not))
    (call $Text.free (local.get $a)))
)
