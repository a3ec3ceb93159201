;; A bit is looked at twice
;; expect: OK
;; contract: block A { x: i32; }
(module
  (import "singula/A" "new" (func $new (result externref)))
  (import "singula/A" "x.get" (func $get (param externref) (result i32)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (func (export "main") (local $a externref) (local $x i32)
    (local.set $x (i32.add (call $choose) (i32.shl (call $choose) (i32.const 1))))
    (if (i32.and (local.get $x) (i32.const 2)) (then (local.set $a (call $new))))
    (loop $again (br_if $again (call $choose)))
    (if (i32.eqz (i32.and (local.get $x) (i32.const 2))) (then (return)))
    (drop (call $get (local.get $a)))
    (call $free (local.get $a))))
