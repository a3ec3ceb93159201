;; As the refused case of this name, but it is freed
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: slots frozen Text[4];
(module
  (import "singula/Text" "frozen.slot.swap" (func $Text.frozen.slot.swap (param i32 externref) (result externref)))
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $keep (param $f externref)
    (call $Text.free (call $Text.frozen.slot.swap (i32.const 2) (local.get $f))))
  (func (export "main")
    (call $keep (call $Text.freeze (call $Text.new (i32.const 4))))
    (call $keep (call $Text.freeze (call $Text.new (i32.const 4)))))
)
