;; Two of four entries lead to the target that forgets
;; expect: OWN_LEAK func=3 offset=0x7b
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (block $lost
      (block $free
        (br_table $free $lost $free $lost $free (i32.add (call $choose) (call $choose)))) ;; <- refused here
      (call $Text.free (local.get $t))
      (return))
    (nop))
)
