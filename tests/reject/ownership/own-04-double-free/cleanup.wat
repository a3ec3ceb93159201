;; The error path frees and then goes to the cleanup, which frees as well
;; expect: OWN_SPLIT func=6 offset=0xda
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.set" (func $Text.bytes.set (param externref i32 i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $fill (param $t externref) (result i32)
    (call $Text.stamp.set (local.get $t) (i64.const 3))
    (call $choose))
  (func (export "main") (local $a externref) (local $failed i32)
    (local.set $a (call $Text.new (i32.const 4)))
    (block $cleanup
      (if (i32.eqz (call $fill (local.get $a)))
        (then
          (call $Text.free (local.get $a))
          (br $cleanup)))
      (call $Text.bytes.set (local.get $a) (i32.const 0) (i32.const 1))
      ;; refused here: at the end
    )
    (call $Text.free (local.get $a)))
)
