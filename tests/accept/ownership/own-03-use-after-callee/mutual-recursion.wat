;; As the refused case of this name, but it does not free, the caller does
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (func $even (param $t externref) (param $n i32)
    (if (i32.eqz (local.get $n))
      (then
        (return)))
    (call $odd (local.get $t) (i32.sub (local.get $n) (i32.const 1))))
  (func $odd (param $t externref) (param $n i32)
    (if (i32.eqz (local.get $n)) (then (unreachable)))
    (call $even (local.get $t) (i32.sub (local.get $n) (i32.const 1))))
  (func (export "main") (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (call $even (local.get $a) (i32.const 4))
    (drop (call $Text.bytes.len (local.get $a)))
    (call $Text.free (local.get $a))
  )
)
