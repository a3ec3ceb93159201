;; A function that is called only behind a call which is not known to return when its caller is first looked at
;; expect: OWN_USE_AFTER_FREE func=5 offset=0x9b
;; monitor: MON_DEAD
;; contract: block A { x: i32; }
(module
  (import "singula/A" "new" (func $new (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/A" "x.set" (func $set (param externref i32)))
  (global $n (mut i32) (i32.const 3))
  ;; $even returns early or calls $odd, and only then $bad
  (func $even (param $a externref)
    (global.set $n (i32.sub (global.get $n) (i32.const 1)))
    (if (i32.eqz (global.get $n)) (then (return)))
    (call $odd (local.get $a))
    (call $bad))
  (func $odd (param $a externref)
    (call $even (local.get $a)))
  (func $bad (local $b externref)
    (local.set $b (call $new))
    (call $free (local.get $b))
    (call $set (local.get $b) (i32.const 1)))
  (func $main (export "main") (local $a externref)
    (local.set $a (call $new))
    (call $odd (local.get $a))
    (call $free (local.get $a)))
)
