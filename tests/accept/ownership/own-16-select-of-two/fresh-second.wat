;; As the refused case of this name, but the new block has a name of its own
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $b externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (drop (select (result externref) (local.get $a) (local.tee $b (call $Text.new (i32.const 4))) (call $choose)))
    (call $Text.free (local.get $b))
    (call $Text.free (local.get $a)))
)
