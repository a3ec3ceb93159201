;; What comes out of a slot is used untested
;; expect: OWN_MAYBE_NULL func=3 offset=0x8c
;; monitor: MON_NULL
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: slots Text[8];
(module
  (import "singula/Text" "slot.swap" (func $Text.slot.swap (param i32 externref) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.slot.swap (i32.const 1) (ref.null extern)))
    (i32.store (i32.const 0) (call $Text.bytes.len (local.get $t))) ;; <- refused here
    (call $Text.free (local.get $t)))
)
