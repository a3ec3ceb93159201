;; As the refused case of this name, but each arm but the last reads it before the free
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $n i32)
    (local.set $a (call $Text.new (i32.const 8)))
    (block $out
      (block $two
        (block $one
          (block $zero
            (br_table $zero $one $two (i32.add (call $choose) (call $choose))))
          (local.set $n (call $Text.bytes.len (local.get $a)))
          (call $Text.free (local.get $a))
          (br $out))
        (local.set $n (call $Text.bytes.len (local.get $a)))
        (call $Text.free (local.get $a))
        (br $out))
      (call $Text.free (local.get $a)))
    (i32.store (i32.const 0) (local.get $n)))
)
