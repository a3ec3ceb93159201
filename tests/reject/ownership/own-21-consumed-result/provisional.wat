;; Two functions call each other; what the one returns was given away by the other, which is seen only when both are
;; known to return
;; expect: OWN_SPLIT func=3 offset=0x92
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $ping (param $t externref) (param $n i32) (result externref)
    (if (i32.eqz (local.get $n)) (then (return (local.get $t))))
    (drop (call $pong (local.get $t) (i32.sub (local.get $n) (i32.const 1))))
    (local.get $t))
  (func $pong (param $t externref) (param $n i32) (result externref)
    (if (i32.eqz (local.get $n)) (then (return (local.get $t))))
    (drop (call $ping (local.get $t) (i32.sub (local.get $n) (i32.const 1))))
    (call $Text.free (local.get $t))
    (local.get $t)
    ;; refused here: at the end
  )
  (func (export "main") (local $t externref)
    (local.set $t (call $ping (call $Text.new (i32.const 4)) (i32.const 3)))
    (call $Text.free (local.get $t)))
)
