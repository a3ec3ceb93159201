;; A switch chooses one of three texts to stamp
;; expect: OWN_AMBIGUOUS func=4 offset=0xc6
;; monitor: - every run frees each once
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
          (local.set $pick (local.get $a))
          (br $chosen))
        (local.set $pick (local.get $b))
        (br $chosen))
      (local.set $pick (local.get $c)))
    (call $Text.stamp.set (local.get $pick) (i64.const 9)) ;; <- refused here
    (call $Text.free (local.get $a))
    (call $Text.free (local.get $b))
    (call $Text.free (local.get $c)))
)
