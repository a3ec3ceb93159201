;; One target of a br_table frees the text, the other forgets it
;; expect: OWN_LEAK func=3 offset=0x78
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (block $out
      (block $free
        (br_table $free $out (call $choose))) ;; <- refused here
      (call $Text.free (local.get $t))
      (return)))
)
