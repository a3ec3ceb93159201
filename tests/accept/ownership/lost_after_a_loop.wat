;; A block is lost between a loop and an end that nothing goes round
;; expect: OK
;; contract: block A { x: i32; kid: A; data: u8[]; }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "x.get" (func $get (param externref) (result i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $main (export "main") (local $a externref)
    (local.set $a (call $new (i32.const 4)))
    (loop $again
      (drop (call $get (local.get $a)))
      (br_if $again (call $choose)))
    (block (br_if 0 (call $choose)))
    (unreachable))
)
