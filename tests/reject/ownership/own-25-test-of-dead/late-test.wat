;; Each round makes a text if there is none, and the program believes that there is none after the free
;; expect: OWN_SPLIT func=4 offset=0x99
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $t externref) (local $n i32)
    (loop $again
      (if (ref.is_null (local.get $t))
        (then
          (local.set $t (call $Text.new (i32.const 4)))
          ;; refused here: at the end
        ))
      (call $Text.stamp.set (local.get $t) (i64.const 1))
      (call $Text.free (local.get $t))
      (br_if $again (call $choose))))
)
