;; A field of a frozen block is written
;; expect: TYP_FROZEN func=4 offset=0x90
;; monitor: MON_TYPE
;; contract: block A { x: i32; kid: A; data: u8[]; }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/A" "freeze" (func $freeze (param externref) (result externref)))
  (import "singula/A" "x.set" (func $set (param externref i32)))
  (memory 1)
  (func $main (export "main") (local $a externref)
    (local.set $a (call $freeze (call $new (i32.const 4))))
    (call $set (local.get $a) (i32.const 7))
    (call $free (local.get $a)))
)
