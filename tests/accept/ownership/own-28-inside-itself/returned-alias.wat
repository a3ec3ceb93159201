;; As the refused case of this name, but it returns a new item
;; expect: OK
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "value.set" (func $Item.value.set (param externref i32)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (memory 1)
  (func $last (param $i externref) (result externref)
    (call $Item.value.set (local.get $i) (i32.const 1))
    (call $Item.new)
  )
  (func (export "main") (local $i externref)
    (local.set $i (call $Item.new))
    (call $Item.next.put (local.get $i) (call $last (local.get $i)))
    (call $Item.free (local.get $i)))
)
