;; As the refused case of this name, but it is not
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (type $sink (func (param externref)))
  (table 1 1 funcref)
  (func (export "main")
    (call_indirect (type $sink) (call $Text.new (i32.const 4)) (i32.const 0)))
)
