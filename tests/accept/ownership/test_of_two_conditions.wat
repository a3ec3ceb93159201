;; A loop's condition: not null, and something that is not followed
;; expect: OK
;; contract: block A { x: i32; kid: A; data: u8[]; }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "alloc" (func $alloc (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/A" "x.get" (func $get (param externref) (result i32)))
  (import "singula/A" "kid.take" (func $take (param externref) (result externref)))
  (import "singula/A" "kid.put" (func $put (param externref externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $b externref) (local $go i32)
    (local.set $a (call $alloc (i32.const 4)))
    (loop $next
      (local.set $go (i32.const 0))
      (block $test
        (br_if $test (ref.is_null (local.get $a)))
        (local.set $go (i32.ne (call $get (local.get $a)) (i32.const 3))))
      (if (local.get $go) (then
        (local.set $b (call $take (local.get $a)))
        (call $free (local.get $a))
        (local.set $a (local.get $b))
        (br $next))))
    (call $free (local.get $a)))
)
