;; Two functions that call each other; the one that frees does so at the bottom only
;; expect: OWN_USE_AFTER_MOVE func=5 offset=0xb8
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (func $even (param $t externref) (param $n i32)
    (if (i32.eqz (local.get $n))
      (then
        (call $Text.free (local.get $t))
        (return)))
    (call $odd (local.get $t) (i32.sub (local.get $n) (i32.const 1))))
  (func $odd (param $t externref) (param $n i32)
    (if (i32.eqz (local.get $n)) (then (unreachable)))
    (call $even (local.get $t) (i32.sub (local.get $n) (i32.const 1))))
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (call $even (local.get $a) (i32.const 4))
    (drop (call $Text.bytes.len (local.get $a))) ;; <- refused here
  )
)
