;; Paths that own different things meet where the SIP ends
;; expect: OK
;; contract: block A { x: i32; kid: A; data: u8[]; }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "alloc" (func $alloc (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $alloc (i32.const 4)))
    (local.set $b (call $alloc (i32.const 4)))
    (block $out
      (br_if $out (i32.or (ref.is_null (local.get $a)) (ref.is_null (local.get $b))))
      (call $free (local.get $a))
      (br_if $out (call $choose))
      (call $free (local.get $b))
      (return))
    (unreachable))
)
