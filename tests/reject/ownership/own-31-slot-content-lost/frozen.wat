;; A frozen text is dropped when a newer one takes its slot
;; expect: OWN_LEAK func=3 offset=0x8d
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: slots frozen Text[4];
(module
  (import "singula/Text" "frozen.slot.swap" (func $Text.frozen.slot.swap (param i32 externref) (result externref)))
  (import "singula/Text" "freeze" (func $Text.freeze (param externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $keep (param $f externref)
    (drop (call $Text.frozen.slot.swap (i32.const 2) (local.get $f)))) ;; <- refused here
  (func (export "main")
    (call $keep (call $Text.freeze (call $Text.new (i32.const 4))))
    (call $keep (call $Text.freeze (call $Text.new (i32.const 4)))))
)
