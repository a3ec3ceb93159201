;; A helper makes a text for its own use and does not free it; its caller has no name for it
;; expect: OWN_LEAK func=3 offset=0x8c
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $measure (param $t externref) (result i32) (local $copy externref) (local $n i32)
    (local.set $copy (call $Text.new (call $Text.bytes.len (local.get $t))))
    (local.set $n (call $Text.bytes.len (local.get $copy)))
    (local.get $n)
    ;; refused here: at the end
  )
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (i32.store (i32.const 0) (call $measure (local.get $a)))
    (call $Text.free (local.get $a)))
)
