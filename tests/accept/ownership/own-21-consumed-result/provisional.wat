;; As the refused case of this name, but the other one only looks at it
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (func $ping (param $t externref) (param $n i32) (result externref)
    (if (i32.eqz (local.get $n)) (then (return (local.get $t))))
    (drop (call $pong (local.get $t) (i32.sub (local.get $n) (i32.const 1))))
    (local.get $t))
  (func $pong (param $t externref) (param $n i32) (result externref)
    (if (i32.eqz (local.get $n)) (then (return (local.get $t))))
    (drop (call $ping (local.get $t) (i32.sub (local.get $n) (i32.const 1))))
    (drop (call $Text.bytes.len (local.get $t)))
    (local.get $t)
  )
  (func (export "main") (local $t externref)
    (local.set $t (call $ping (call $Text.new (i32.const 4)) (i32.const 3)))
    (call $Text.free (local.get $t)))
)
