;; On its error path the helper frees the text and returns it all the same
;; expect: OWN_SPLIT func=3 offset=0x7f
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $make (result externref) (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (if (call $choose)
      (then
        (call $Text.free (local.get $t))
        ;; refused here: at the end
      ))
    (local.get $t))
  (func (export "main")
    (call $Text.free (call $make)))
)
