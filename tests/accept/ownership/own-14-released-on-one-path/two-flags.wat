;; As the refused case of this name, but under the same one
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $have i32) (local $want i32)
    (local.set $have (call $choose))
    (local.set $want (call $choose))
    (block $skip
      (br_if $skip (i32.eqz (local.get $have)))
      (local.set $a (call $Text.new (i32.const 4))))
    (if (i32.or (local.get $want) (i32.eqz (ref.is_null (local.get $a))))
      (then (call $Text.free (local.get $a))))
  )
)
