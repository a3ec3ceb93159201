;; The flag of the test is negated once too often
;; expect: OWN_LEAK func=2 offset=0x6f
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $t externref) (local $f i32)
    (local.set $t (call $Text.alloc (i32.const 4)))
    (local.set $f (i32.xor (ref.is_null (local.get $t)) (i32.const 1)))
    (br_if 0 (local.get $f)) ;; <- refused here
    (call $Text.free (local.get $t)))
)
