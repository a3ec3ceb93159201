;; What a known value says of a condition is taken for what it says of the opposite
;; expect: OWN_LEAK func=4 offset=0xbd
;; monitor: MON_LEAK
;; contract: block A { x: i32; }
(module
  (import "singula/A" "new" (func $new (result externref)))
  (import "singula/A" "x.get" (func $get (param externref) (result i32)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (func (export "main") (local $a externref) (local $x i32)
    (if (call $choose)
      (then
        (if (call $choose)
          (then (local.set $x (i32.const 3)) (drop (i32.ge_s (local.get $x) (i32.const 2))))
          (else (local.set $x (i32.const 5)) (drop (i32.ge_s (local.get $x) (i32.const 2)))))
        (local.set $a (call $new)))
      (else
        (local.set $x (i32.add (call $choose) (call $choose)))
        (if (i32.lt_s (local.get $x) (i32.const 2)) (then (unreachable)))))
    (if (i32.lt_s (local.get $x) (i32.const 2))
      (then
        (drop (call $get (local.get $a)))
        (call $free (local.get $a))))))
