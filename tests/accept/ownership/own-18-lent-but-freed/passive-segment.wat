;; As the refused case of this name, but it does not free
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (type $visit (func (param externref)))
  (table $hooks 2 2 funcref)
  (elem $late funcref (ref.func $discard) (ref.null func))
  (func $discard (type $visit) (param $t externref)
    (drop (call $Text.bytes.len (local.get $t)))
  )
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (table.init $hooks $late (i32.const 0) (i32.const 0) (i32.const 2))
    (call_indirect $hooks (type $visit) (local.get $t) (call $choose))
    (call $Text.free (local.get $t)))
)
