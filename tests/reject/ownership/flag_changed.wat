;; A flag that is set anew after the block was made
;; expect: OWN_LEAK func=4 offset=0xa7
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; monitor: MON_LEAK
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/A" "x.set" (func $set (param externref i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $flag i32) (local $copy i32)
    (local.set $copy (local.tee $flag (call $choose)))
    (if (local.get $flag) (then (local.set $a (call $new (i32.const 4)))))
    (local.set $flag (call $choose))
    (if (i32.ne (local.get $copy) (i32.const 0)) (then (call $set (local.get $a) (i32.const 1))))
    (block $none
      (br_if $none (i32.eqz (local.get $flag)))
      (call $free (local.get $a))))
)
