;; As the refused case of this name, but the reference is freed before the branch
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main")
    (i32.store (i32.const 0)
      (block $out (result i32)
        (call $Text.new (i32.const 4))
        call $Text.free
        (i32.const 5)
        (br $out))))
)
