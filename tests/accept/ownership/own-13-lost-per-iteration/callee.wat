;; As the refused case of this name, but it returns the text, and the loop frees it
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $make (param $n i32) (result externref)
    (call $Text.new (local.get $n)))
  (func (export "main") (local $i i32)
    (loop $again
      (call $Text.free (call $make (local.get $i)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3)))))
)
