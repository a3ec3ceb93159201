;; A block is overwritten after a loop, where only the end may follow
;; expect: OWN_LEAK func=3 offset=0x7c
;; monitor: - the program can only end there
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
    (local.set $a (ref.null extern))
    (unreachable))
)
