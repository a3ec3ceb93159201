;; As the refused case of this name, but it frees after the loop
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $drain (param $t externref) (param $n i32)
    (block $end
      (loop $again
        (br_if $end (i32.eqz (local.get $n)))
        (call $Text.bytes.set (local.get $t) (local.get $n) (i32.const 0))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))
    (call $Text.free (local.get $t)))
  (func (export "main")
    (call $drain (call $Text.new (i32.const 4)) (call $choose)))
)
