;; As the refused case of this name, but each case stamps its own
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref) (local $c externref) (local $pick externref)
    (local.set $a (call $Text.new (i32.const 1)))
    (local.set $b (call $Text.new (i32.const 2)))
    (local.set $c (call $Text.new (i32.const 3)))
    (block $chosen
      (block $two
        (block $one
          (block $zero
            (br_table $zero $one $two (i32.add (call $choose) (call $choose))))
          (call $Text.stamp.set (local.get $a) (i64.const 9))
          (br $chosen))
        (call $Text.stamp.set (local.get $b) (i64.const 9))
        (br $chosen))
      (call $Text.stamp.set (local.get $c) (i64.const 9)))
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b))
    (call $Text.free (local.get $c)))
)
