;; What comes out is freed if it is stamped, otherwise forgotten
;; expect: OWN_LEAK func=4 offset=0xbe
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: slots Text[8];
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "slot.swap" (func $Text.slot.swap (param i32 externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.get" (func $Text.stamp.get (param externref) (result i64)))
  (memory 1)
  (func (export "main") (local $old externref)
    (call $Text.free (call $Text.slot.swap (i32.const 0) (call $Text.new (i32.const 4))))
    (local.set $old (call $Text.slot.swap (i32.const 0) (ref.null extern)))
    (if (ref.is_null (local.get $old)) (then (return)))
    (if (i64.ne (call $Text.stamp.get (local.get $old)) (i64.const 0))
      (then (call $Text.free (local.get $old)) )) ;; <- refused here
  )
)
