;; The child is taken out again before the block is put away
;; expect: TYP_FIELD_EMPTY func=9 offset=0x127
;; monitor: MON_FIELD_EMPTY
;; contract: block Item { id: u32; }
;; contract: block Order { item: Item!; gift: Item; }
;; contract: block Crate { order: Order; }
(module
  (import "singula/Crate" "new" (func $Crate.new (result externref)))
  (import "singula/Order" "new" (func $Order.new (result externref)))
  (import "singula/Order" "item.put" (func $Order.item.put (param externref externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Order" "item.take" (func $Order.item.take (param externref) (result externref)))
  (import "singula/Item" "id.set" (func $Item.id.set (param externref i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Crate" "order.put" (func $Crate.order.put (param externref externref)))
  (import "singula/Crate" "free" (func $Crate.free (param externref)))
  (func $main (export "main") (local $crate externref) (local $order externref) (local $item externref)
    (local.set $crate (call $Crate.new))
    (local.set $order (call $Order.new))
    (call $Order.item.put (local.get $order) (call $Item.new))
    (local.set $item (call $Order.item.take (local.get $order)))
    (call $Item.id.set (local.get $item) (i32.const 3))
    (call $Item.free (local.get $item))
    (call $Crate.order.put (local.get $crate) (local.get $order))
    (call $Crate.free (local.get $crate))))
