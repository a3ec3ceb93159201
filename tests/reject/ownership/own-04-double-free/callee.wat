;; Both helpers think that the text is theirs to free
;; expect: OWN_USE_AFTER_MOVE func=3 offset=0x64
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $finish (param $t externref)
    (call $Text.free (local.get $t))
  )
  (func $destroy (param $t externref)
    (call $Text.free (local.get $t))) ;; <- refused here
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (call $finish (local.get $a))
    (call $destroy (local.get $a)))
)
