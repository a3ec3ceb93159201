;; A condition of a parameter, of which nothing is known
;; expect: OWN_LEAK func=4 offset=0x87
;; monitor: MON_LEAK
;; contract: block A { x: i32; }
(module
  (import "singula/A" "new" (func $new (result externref)))
  (import "singula/A" "x.get" (func $get (param externref) (result i32)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (func $keep (param $x i32) (local $a externref)
    (if (i32.lt_s (local.get $x) (i32.const 2)) (then (local.set $a (call $new))))
    (drop (i32.lt_s (local.get $x) (i32.const 2))))
  (func (export "main") (call $keep (call $choose))))
