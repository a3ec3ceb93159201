;; The answers to one question, of a local before and after it was written
;; expect: OWN_MAYBE_NULL func=4 offset=0x9e
;; monitor: MON_NULL
;; contract: block A { x: i32; }
(module
  (import "singula/A" "new" (func $new (result externref)))
  (import "singula/A" "x.get" (func $get (param externref) (result i32)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (func (export "main") (local $a externref) (local $x i32) (local $before i32) (local $after i32)
    (local.set $x (call $choose))
    (local.set $before (i32.lt_s (local.get $x) (i32.const 1)))
    (local.set $x (call $choose))
    (local.set $after (i32.lt_s (local.get $x) (i32.const 1)))
    (if (local.get $before) (then (local.set $a (call $new))))
    (if (local.get $after)
      (then
        (drop (call $get (local.get $a)))
        (call $free (local.get $a))))))
