;; A helper that stores returns nothing: what was there is lost in it
;; expect: OWN_LEAK func=2 offset=0x70
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: slots Text[8];
(module
  (import "singula/Text" "slot.swap" (func $Text.slot.swap (param i32 externref) (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $store (param $i i32) (param $t externref) (local $old externref)
    (local.set $old (call $Text.slot.swap (local.get $i) (local.get $t)))
    ;; refused here: at the end
  )
  (func (export "main")
    (call $store (i32.const 1) (call $Text.new (i32.const 4)))
    (call $store (i32.const 1) (call $Text.new (i32.const 4))))
)
