;; Each round moves the child on, and the last order has none
;; expect: TYP_FIELD_EMPTY func=9 offset=0x11c
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
  (import "singula/Crate" "order.put" (func $Crate.order.put (param externref externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Order" "free" (func $Order.free (param externref)))
  (import "singula/Crate" "free" (func $Crate.free (param externref)))
  (func $main (export "main") (local $crate externref) (local $order externref) (local $next externref)
    (local.set $crate (call $Crate.new))
    (local.set $order (call $Order.new))
    (call $Order.item.put (local.get $order) (call $Item.new))
    (loop $again
      (local.set $next (call $Order.new))
      (call $Order.item.put (local.get $next) (call $Order.item.take (local.get $order)))
      (call $Crate.order.put (local.get $crate) (local.get $order))
      (local.set $order (local.get $next))
      (br_if $again (call $choose)))
    (call $Order.free (local.get $order))
    (call $Crate.free (local.get $crate))))
