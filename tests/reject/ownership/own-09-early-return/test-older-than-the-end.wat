;; Null was tested before the block was freed; the function returns on the outcome
;; expect: OWN_LEAK func=2 offset=0x78
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $f i32) (local $g i32)
    (local.set $a (call $Text.alloc (i32.const 4)))
    (local.set $b (call $Text.alloc (i32.const 4)))
    (local.set $f (ref.is_null (local.get $b)))
    (call $Text.free (local.get $b))
    (if (local.get $f) (then (return))) ;; <- refused here
    (call $Text.free (local.get $a)))
)
