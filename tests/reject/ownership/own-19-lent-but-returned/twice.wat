;; The helper returns its parameter twice
;; expect: OWN_USE_AFTER_FREE func=3 offset=0x75
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $twins (param $t externref) (result externref externref)
    (local.get $t)
    (local.get $t)
  )
  (func (export "main") (local $b externref)
    (call $twins (call $Text.new (i32.const 4)))
    local.set $b
    call $Text.free
    (call $Text.free (local.get $b))) ;; <- refused here
)
