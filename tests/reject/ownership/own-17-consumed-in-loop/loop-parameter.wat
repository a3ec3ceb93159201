;; The loop carries the reference as its parameter and frees it
;; expect: OWN_SPLIT func=4 offset=0x9f
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (type $carry (func (param externref)))
  (func (export "main") (local $a externref)
    (call $Text.new (i32.const 4))
    (loop $again (type $carry)
      local.set $a
      (drop (call $Text.bytes.len (local.get $a)))
      (call $Text.free (local.get $a))
      (local.get $a)
      (br_if $again (call $choose)) ;; <- refused here
      drop)
  )
)
