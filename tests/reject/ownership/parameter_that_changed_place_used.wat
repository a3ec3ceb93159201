;; The argument of a function whose loop gives its place to another
;; expect: OWN_USE_AFTER_MOVE func=8 offset=0x108
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; monitor: MON_DEAD
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "alloc" (func $alloc (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/A" "x.get" (func $get (param externref) (result i32)))
  (import "singula/A" "kid.take" (func $take (param externref) (result externref)))
  (import "singula/A" "kid.put" (func $put (param externref externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $onto (param $a externref) (param $done externref) (result externref) (local $rest externref)
    (loop $next
      (local.set $rest (call $take (local.get $a)))
      (if (i32.eqz (ref.is_null (local.get $done))) (then (call $put (local.get $a) (local.get $done))))
      (local.set $done (local.get $a))
      (local.set $a (local.get $rest))
      (br_if $next (i32.eqz (ref.is_null (local.get $a)))))
    (local.get $done))
  (func $main (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $new (i32.const 4)))
    (local.set $b (call $onto (local.get $a) (ref.null extern)))
    (call $free (local.get $b))
    (call $free (local.get $a)))
)
