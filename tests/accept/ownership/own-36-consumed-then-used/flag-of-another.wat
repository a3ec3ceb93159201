;; As the refused case of this name, but by one
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $t externref) (local $f i32) (local $g i32)
    (local.set $t (call $Text.new (i32.const 4)))
    (local.set $f (call $choose))
    (local.set $g (call $choose))
    (if (local.get $f)
      (then
        (call $Text.free (local.get $t))
        (local.set $t (ref.null extern))
      ))
    (if (i32.eqz (ref.is_null (local.get $t)))
      (then (call $Text.bytes.set (local.get $t) (i32.const 0) (local.get $g))))
    (call $Text.free (local.get $t))
  )
)
