;; A helper frees its parameter on one of its paths; the caller frees it too
;; expect: OWN_LEAK func=3 offset=0x85
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $check (param $t externref)
    (if (i32.gt_u (call $Text.bytes.len (local.get $t)) (i32.const 2))
      (then
        (call $Text.free (local.get $t))
        ;; refused here: at the end
      )))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $check (local.get $t))
    (call $Text.free (local.get $t)))
)
