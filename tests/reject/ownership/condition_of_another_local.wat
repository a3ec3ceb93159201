;; The same question, of another local
;; expect: OWN_LEAK func=4 offset=0x9b
;; monitor: MON_NULL
;; contract: block A { x: i32; }
(module
  (import "singula/A" "new" (func $new (result externref)))
  (import "singula/A" "x.get" (func $get (param externref) (result i32)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (func (export "main") (local $a externref) (local $x i32) (local $y i32)
    (local.set $x (call $choose))
    (local.set $y (call $choose))
    (if (i32.ge_s (local.get $x) (i32.const 1)) (then (local.set $a (call $new))))
    (loop $again (br_if $again (call $choose)))
    (if (i32.lt_s (local.get $y) (i32.const 1)) (then (return)))
    (drop (call $get (local.get $a)))
    (call $free (local.get $a))
    (drop (i32.lt_s (local.get $x) (i32.const 1)))))
