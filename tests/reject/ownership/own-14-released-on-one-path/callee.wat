;; A helper frees its parameter if told to; its caller forgets the text either way
;; expect: OWN_LEAK func=3 offset=0x78
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $done (param $t externref) (param $last i32)
    (if (local.get $last) (then (call $Text.free (local.get $t)) )) ;; <- refused here
  )
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $done (local.get $t) (call $choose)))
)
