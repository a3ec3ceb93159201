;; A helper gives its parameter a larger text if it must, and frees what it has; the caller's text is lost
;; expect: OWN_SPLIT func=3 offset=0x8c
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $log_longer (param $t externref) (param $n i32)
    (if (i32.lt_u (call $Text.bytes.len (local.get $t)) (local.get $n))
      (then
        (local.set $t (call $Text.new (local.get $n)))
        ;; refused here: at the end
      ))
    (call $Text.free (local.get $t)))
  (func (export "main")
    (call $log_longer (call $Text.new (i32.const 4)) (i32.const 8)))
)
