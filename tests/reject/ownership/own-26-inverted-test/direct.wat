;; Freed only when there is nothing to free
;; expect: OWN_LEAK func=2 offset=0x6c
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.alloc (i32.const 4)))
    (if (ref.is_null (local.get $t))
      (then (call $Text.free (local.get $t)) )) ;; <- refused here
  )
)
