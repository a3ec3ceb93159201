;; As the refused case of this name, but on the other path another helper does
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $finish (param $t externref)
    (call $Text.free (local.get $t)))
  (func $abort (param $t externref) (param $why i32)
    (i32.store (i32.const 0) (local.get $why))
    (call $Text.free (local.get $t)))
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (if (call $choose)
      (then (call $finish (local.get $t)))
      (else (call $abort (local.get $t) (i32.const 4))))
  )
)
