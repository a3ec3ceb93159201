;; As the refused case of this name, but it stores nothing
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (global $seen (mut externref) (ref.null extern))
  (func $note (param $t externref) (param $n i32)
    (if (local.get $n) (then (global.set $seen (ref.null extern))))
  )
  (func $each (param $t externref) (local $n i32)
    (loop $again
      (call $note (local.get $t) (local.get $n))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3)))))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $each (local.get $t))
    (call $Text.free (local.get $t)))
)
