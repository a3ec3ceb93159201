;; As the refused case of this name, but the block is freed in that case, too
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $a externref) (local $f i32)
    (local.set $a (call $Text.new (i32.const 4)))
    (local.set $f (call $choose))
    (if (call $choose)
      (then
        (if (i32.eqz (local.get $f))
          (then (call $Text.free (local.get $a)) (return)))))
    (if (local.get $f) (then (call $Text.free (local.get $a)) (return)))
    (call $Text.free (local.get $a)))
)
