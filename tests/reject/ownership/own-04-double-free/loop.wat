;; A loop frees the spare text when it finds one, and again after its end
;; expect: OWN_SPLIT func=3 offset=0x7e
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $spare externref) (local $n i32)
    (local.set $spare (call $Text.new (i32.const 4)))
    (loop $again
      (if (call $choose)
        (then
          (call $Text.free (local.get $spare))
          ;; refused here: at the end
        ))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $n) (i32.const 3))))
    (call $Text.free (local.get $spare)))
)
