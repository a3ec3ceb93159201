;; As the refused case of this name, but it holds a function of the module
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (type $sink (func (param externref)))
  (table 1 1 funcref)
  (elem (i32.const 0) $own)
  (func $own (type $sink) (param $t externref)
    (call $Text.free (local.get $t)))
  (func (export "main")
    (call_indirect (type $sink) (call $Text.new (i32.const 4)) (i32.const 0)))
)
