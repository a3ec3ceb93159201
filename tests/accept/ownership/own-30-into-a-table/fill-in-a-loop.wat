;; As the refused case of this name, but it writes null
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (table $keep 8 externref)
  (func (export "main") (local $t externref) (local $i i32)
    (loop $again
      (local.set $t (call $Text.new (local.get $i)))
      (table.fill $keep (local.get $i) (ref.null extern) (i32.const 4))
      (call $Text.free (local.get $t))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4)))))
)
