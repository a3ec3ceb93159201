;; As the refused case of this name, but the helper frees it in any case
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $done (param $t externref) (param $last i32)
    (if (i32.eqz (local.get $last)) (then (call $Text.stamp.set (local.get $t) (i64.const 0))))
    (call $Text.free (local.get $t))
  )
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (call $done (local.get $t) (call $choose)))
)
