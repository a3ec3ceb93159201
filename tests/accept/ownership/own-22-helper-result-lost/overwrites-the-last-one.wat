;; As the refused case of this name, but the result before is freed
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $make (param $n i32) (result externref)
    (call $Text.new (local.get $n)))
  (func (export "main") (local $t externref) (local $i i32)
    (loop $again
      (local.set $t (call $make (local.get $i)))
      (call $Text.free (local.get $t))
      (local.set $t (ref.null extern))
      (br_if $again (call $choose)))
  )
)
