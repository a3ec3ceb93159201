;; A helper that frees is called on one path only
;; expect: OWN_SPLIT func=6 offset=0xbd
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $finish (param $t externref)
    (call $Text.free (local.get $t)))
  (func $abort (param $t externref) (param $why i32)
    (i32.store (i32.const 0) (local.get $why))
    (call $Text.free (local.get $t)))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (if (call $choose)
      (then (call $finish (local.get $t)))
      (else (i32.store (i32.const 0) (i32.const 4)) )) ;; <- refused here
    (call $Text.bytes.set (local.get $t) (i32.const 0) (i32.const 1))
    (call $finish (local.get $t))
  )
)
