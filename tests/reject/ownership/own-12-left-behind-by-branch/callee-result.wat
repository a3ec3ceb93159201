;; What a helper made is left behind when a flag says so
;; expect: OWN_LEAK func=5 offset=0xaa
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $greeting (param $n i32) (result externref) (local $t externref)
    (call $Text.bytes.set (local.tee $t (call $Text.new (local.get $n))) (i32.const 0) (i32.const 72))
    (local.get $t))
  (func (export "main") (local $t externref)
    (block $skip
      (local.set $t (call $greeting (i32.const 5)))
      (br_if $skip (call $choose)) ;; <- refused here
      (call $Text.free (local.get $t))))
)
