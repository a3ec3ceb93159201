;; A callee ends the SIP with its argument given away or not
;; expect: OK
;; contract: block A { x: i32; kid: A; data: u8[]; }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "alloc" (func $alloc (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $eat (param $a externref)
    (block $out
      (br_if $out (call $choose))
      (call $free (local.get $a))
      (br_if $out (call $choose))
      (return))
    (unreachable))
  (func $main (export "main")
    (call $eat (call $new (i32.const 4))))
)
