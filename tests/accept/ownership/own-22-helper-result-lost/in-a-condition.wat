;; As the refused case of this name, but it is freed on the other
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $make (result externref)
    (call $Text.new (i32.const 4)))
  (func (export "main") (local $t externref)
    (call $make)
    (if (param externref) (call $choose)
      (then local.set $t)
      (else call $Text.free))
    (call $Text.free (local.get $t)))
)
