;; As the refused case of this name, but it gives the only name, and the other variable null
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (block $got (result externref)
      (ref.null extern)
      (br_if $got (call $choose))
      drop
      (local.get $a)
      (local.set $a (ref.null extern))
    )
    call $Text.free
    (call $Text.free (local.get $a)))
)
