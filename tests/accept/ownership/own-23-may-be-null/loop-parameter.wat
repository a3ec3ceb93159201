;; As the refused case of this name, but it passes a text
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (type $carry (func (param externref)))
  (func (export "main") (local $a externref)
    (call $Text.new (i32.const 1))
    (loop $again (type $carry)
      local.tee $a
      i64.const 1
      call $Text.stamp.set
      (call $Text.free (local.get $a))
      (if (call $choose)
        (then
          (call $Text.new (i32.const 2))
          (br $again)))
      (if (call $choose)
        (then
          (call $Text.new (i32.const 3))
          (br $again)))))
)
