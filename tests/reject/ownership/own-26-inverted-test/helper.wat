;; A helper that says whether there is a text, and a caller that takes its answer the wrong way
;; expect: OWN_LEAK func=3 offset=0x79
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $none (param $t externref) (result i32)
    (ref.is_null (local.get $t)))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.alloc (i32.const 4)))
    (if (call $none (local.get $t))
      (then (call $Text.free (local.get $t)) )) ;; <- refused here
  )
)
