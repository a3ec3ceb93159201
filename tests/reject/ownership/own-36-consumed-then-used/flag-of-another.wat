;; The free and the use are guarded by different flags
;; expect: OWN_SPLIT func=4 offset=0xa3
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $t externref) (local $f i32) (local $g i32)
    (local.set $t (call $Text.new (i32.const 4)))
    (local.set $f (call $choose))
    (local.set $g (call $choose))
    (if (local.get $f)
      (then
        (call $Text.free (local.get $t))
        ;; refused here: at the end
      ))
    (if (local.get $g)
      (then (call $Text.bytes.set (local.get $t) (i32.const 0) (i32.const 1)))
      (else (call $Text.free (local.get $t))))
  )
)
