;; As the refused case of this name, but the caller writes before
;; expect: OK
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "next.take" (func $Item.next.take (param externref) (result externref)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "value.set" (func $Item.value.set (param externref i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (memory 1)
  (func $push (param $head externref) (param $i externref)
    (local $rest externref)
    (local.set $rest (call $Item.next.take (local.get $head)))
    (if (i32.eqz (ref.is_null (local.get $rest)))
      (then (call $Item.next.put (local.get $i) (local.get $rest))))
    (call $Item.next.put (local.get $head) (local.get $i)))
  (func (export "main") (local $head externref) (local $i externref)
    (local.set $head (call $Item.new))
    (local.set $i (call $Item.new))
    (call $Item.value.set (local.get $i) (i32.const 7))
    (call $push (local.get $head) (local.get $i))
    (call $Item.free (local.get $head)))
)
