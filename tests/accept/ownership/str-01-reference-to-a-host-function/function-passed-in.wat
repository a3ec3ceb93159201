;; As the refused case of this name, but the function is not exported
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (type $sink (func (param externref)))
  (elem declare func $own)
  (table $t 1 1 funcref)
  (elem (table $t) (i32.const 0) func $own)
  (func (param funcref) (table.set $t (i32.const 0) (local.get 0)))
  (func $own (type $sink) (param $t externref)
    (call $Text.free (local.get $t)))
  (func (export "main")
    (call_indirect $t (type $sink) (call $Text.new (i32.const 4)) (i32.const 0))
  )
)
