;; A loop carries two texts and swaps them; one way round frees one and carries the other twice
;; expect: OWN_SPLIT func=4 offset=0xc0
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (type $two (func (param externref externref)))
  (func (export "main") (local $a externref) (local $b externref)
    (call $Text.new (i32.const 1))
    (call $Text.new (i32.const 1))
    (loop $again (type $two)
      local.set $a
      local.set $b
      (call $Text.stamp.set (local.get $a) (i64.const 1))
      (call $Text.stamp.set (local.get $b) (i64.const 1))
      (if (call $choose)
        (then
          (local.get $b)
          (local.get $a)
          (br $again)))
      (if (call $choose)
        (then
          (call $Text.free (local.get $b))
          (local.get $a)
          (local.get $a)
          (br $again))) ;; <- refused here
      (call $Text.free (local.get $a))
      (call $Text.free (local.get $b))))
)
