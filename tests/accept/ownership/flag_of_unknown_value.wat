;; A value that is not followed says whether there is a block
;; expect: OK
;; contract: block A { x: i32; kid: A; data: u8[]; }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/A" "x.set" (func $set (param externref i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $flag i32) (local $copy i32)
    (local.set $copy (local.tee $flag (call $choose)))
    (if (local.get $flag) (then (local.set $a (call $new (i32.const 4)))))
    (if (i32.ne (local.get $copy) (i32.const 0)) (then (call $set (local.get $a) (i32.const 1))))
    (block $none
      (br_if $none (i32.eqz (local.get $flag)))
      (call $free (local.get $a))))
)
