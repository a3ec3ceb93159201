;; Nothing is larger than the largest number: the next constant is none
;; expect: OWN_LEAK func=4 offset=0xb3
;; monitor: MON_LEAK
;; contract: block A { x: i32; }
(module
  (import "singula/A" "new" (func $new (result externref)))
  (import "singula/A" "x.get" (func $get (param externref) (result i32)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (func (export "main") (local $a externref) (local $x i32)
    (local.set $x (i32.add (call $choose) (i32.shl (call $choose) (i32.const 1))))
    (if (i32.gt_s (i32.const 0) (local.get $x)) (then (return)))
    (if (i32.le_s (local.get $x) (i32.const 2147483647)) (then (local.set $a (call $new))))
    (loop $again (br_if $again (call $choose)))
    (if (i32.lt_s (local.get $x) (i32.const -2147483648)) (then (call $free (local.get $a)) (return)))
    (drop (i32.le_s (local.get $x) (i32.const 2147483647)))
    (drop (i32.lt_s (local.get $x) (i32.const -2147483648)))))
