;; Nothing but its null test is done with the result
;; expect: OWN_LEAK func=1 offset=0x49
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (memory 1)
  (func (export "main") (local $a externref)
    (if (ref.is_null (call $Text.alloc (i32.const 4))) ;; <- refused here
      (then (i32.store (i32.const 0) (i32.const 1))))
  )
)
