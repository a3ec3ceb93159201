;; A reference goes into a block as its parameter and is freed there; the local outside still names it
;; expect: OWN_USE_AFTER_FREE func=3 offset=0x86
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (type $eater (func (param externref)))
  (func (export "main") (local $a externref)
    (call $Text.new (i32.const 4))
    local.tee $a
    (block (type $eater)
      call $Text.free)
    (drop (call $Text.bytes.len (local.get $a))) ;; <- refused here
  )
)
