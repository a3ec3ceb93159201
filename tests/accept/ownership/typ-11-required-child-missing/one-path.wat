;; The child is put in on one path only
;; expect: OK
;; contract: block Item { id: u32; }
;; contract: block Order { item: Item!; gift: Item; }
;; contract: block Crate { order: Order; }
(module
  (import "singula/Crate" "new" (func $Crate.new (result externref)))
  (import "singula/Order" "new" (func $Order.new (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Order" "item.put" (func $Order.item.put (param externref externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Order" "gift.put" (func $Order.gift.put (param externref externref)))
  (import "singula/Crate" "order.put" (func $Crate.order.put (param externref externref)))
  (import "singula/Crate" "free" (func $Crate.free (param externref)))
  (func $main (export "main") (local $crate externref) (local $order externref)
    (local.set $crate (call $Crate.new))
    (local.set $order (call $Order.new))
    (if (call $choose)
      (then (call $Order.item.put (local.get $order) (call $Item.new)))
      (else (call $Order.gift.put (local.get $order) (call $Item.new))
            (call $Order.item.put (local.get $order) (call $Item.new))))
    (call $Crate.order.put (local.get $crate) (local.get $order))
    (call $Crate.free (local.get $crate))))
