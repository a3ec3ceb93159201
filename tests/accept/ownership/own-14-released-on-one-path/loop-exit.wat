;; As the refused case of this name, but both do
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $n i32)
    (local.set $a (call $Text.new (i32.const 4)))
    (block $out
      (loop $again
        (if (i32.gt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))
          (then
            (call $Text.free (local.get $a))
            (br $out)))
        (call $Text.stamp.set (local.get $a) (i64.const 1))
        (br_if $again (call $choose)))
      (call $Text.free (local.get $a))
    ))
)
