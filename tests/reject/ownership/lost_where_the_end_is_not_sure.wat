;; A block is lost where the SIP may end or not
;; expect: OWN_LEAK func=4 offset=0x82
;; monitor: MON_LEAK
;; contract: block A { x: i32; kid: A; data: u8[]; }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "alloc" (func $alloc (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $main (export "main") (local $a externref)
    (local.set $a (call $new (i32.const 4)))
    (block $out
      (br_if $out (call $choose))
      (call $free (local.get $a))
      (return))
    (if (call $choose) (then (unreachable))))
)
