;; A search keeps a second name of the text when it matches; both are freed after it
;; expect: OWN_AMBIGUOUS func=3 offset=0x94
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $hit externref) (local $found i32) (local $i i32)
    (local.set $a (call $Text.new (i32.const 4)))
    (loop $search
      (if (call $choose)
        (then
          (local.set $hit (local.get $a))
        ))
      (br_if $search (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))
    (if (i32.eqz (ref.is_null (local.get $hit)))
      (then (call $Text.free (local.get $hit)))) ;; <- refused here
    (call $Text.free (local.get $a)))
)
