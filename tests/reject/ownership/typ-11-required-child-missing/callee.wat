;; The helper that should fill the field fills another one
;; expect: TYP_FIELD_EMPTY func=6 offset=0xc8
;; monitor: MON_FIELD_EMPTY
;; contract: block Item { id: u32; }
;; contract: block Order { item: Item!; gift: Item; }
;; contract: block Crate { order: Order; }
(module
  (import "singula/Crate" "new" (func $Crate.new (result externref)))
  (import "singula/Order" "new" (func $Order.new (result externref)))
  (import "singula/Crate" "order.put" (func $Crate.order.put (param externref externref)))
  (import "singula/Crate" "free" (func $Crate.free (param externref)))
  (import "singula/Order" "gift.put" (func $Order.gift.put (param externref externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (func $main (export "main") (local $crate externref) (local $order externref)
    (local.set $crate (call $Crate.new))
    (local.set $order (call $Order.new))
    (call $fill (local.get $order))
    (call $Crate.order.put (local.get $crate) (local.get $order))
    (call $Crate.free (local.get $crate)))
  (func $fill (param $order externref)
    (call $Order.gift.put (local.get $order) (call $Item.new))))
