;; The branch for null uses the reference
;; expect: OWN_NULL func=3 offset=0x8a
;; monitor: MON_NULL
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.alloc (i32.const 4)))
    (if (ref.is_null (local.get $t))
      (then
        (call $Text.stamp.set (local.get $t) (i64.const 1)) ;; <- refused here
        (return)))
    (call $Text.free (local.get $t)))
)
