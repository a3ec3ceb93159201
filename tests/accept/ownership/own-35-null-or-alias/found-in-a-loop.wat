;; As the refused case of this name, but it keeps whether there was a match
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $hit externref) (local $found i32) (local $i i32)
    (local.set $a (call $Text.new (i32.const 4)))
    (loop $search
      (if (call $choose)
        (then
          (local.set $found (i32.const 1))
        ))
      (br_if $search (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
    (if (local.get $found)
      (then (call $Text.stamp.set (local.get $a) (i64.const 1))))
    (call $Text.free (local.get $a)))
)
