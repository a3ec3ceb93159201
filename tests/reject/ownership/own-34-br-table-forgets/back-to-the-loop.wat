;; One target goes back to a loop that makes a new text each time
;; expect: OWN_LEAK func=3 offset=0x7b
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $t externref)
    (block $out
      (loop $again
        (local.set $t (call $Text.new (i32.const 4)))
        (block $free
          (br_table $again $free (i32.eqz (call $choose)))) ;; <- refused here
        (call $Text.free (local.get $t))
        (br_if $again (call $choose)))))
)
