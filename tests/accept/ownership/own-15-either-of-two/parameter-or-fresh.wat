;; As the refused case of this name, but the caller's text is freed where it is replaced
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $log_longer (param $t externref) (param $n i32)
    (if (i32.lt_u (call $Text.bytes.len (local.get $t)) (local.get $n))
      (then
        (call $Text.free (local.get $t))
        (local.set $t (call $Text.new (local.get $n)))
      ))
    (call $Text.free (local.get $t)))
  (func (export "main")
    (call $log_longer (call $Text.new (i32.const 4)) (i32.const 8)))
)
