;; The helper returns what it was lent or a larger text; the caller believes that both are its own
;; expect: OWN_SPLIT func=3 offset=0x95
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $at_least (param $t externref) (param $n i32) (result externref)
    (local $new externref)
    (if (i32.ge_u (call $Text.bytes.len (local.get $t)) (local.get $n))
      (then (return (local.get $t))))
    (local.set $new (call $Text.new (local.get $n)))
    (local.get $new)
    ;; refused here: at the end
  )
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $a (call $at_least (local.get $a) (i32.const 6)))
    (call $Text.free (local.get $a)))
)
