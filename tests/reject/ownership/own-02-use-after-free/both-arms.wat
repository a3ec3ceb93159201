;; Each arm of a br_table frees the text; it is read where they meet
;; expect: OWN_USE_AFTER_FREE func=4 offset=0xba
;; monitor: MON_DEAD
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
          (call $Text.free (local.get $a))
          (br $out))
        (call $Text.free (local.get $a))
        (br $out))
      (call $Text.free (local.get $a)))
    (local.set $n (call $Text.bytes.len (local.get $a))) ;; <- refused here
    (i32.store (i32.const 0) (local.get $n)))
)
