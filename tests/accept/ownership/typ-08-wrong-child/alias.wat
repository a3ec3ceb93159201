;; Parent and child are exchanged
;; expect: OK
;; contract: block Note { text: u8[]; }
;; contract: block Item { id: u32; note: Note; }
;; contract: block Order { no: u32; item: Item!; }
;; contract: contract Shop {
;; contract:   in message Ask(Note wish);
;; contract:   in message Buy(Order order);
;; contract:   out message Offer(Item item);
;; contract:   out message Sold(i32 out);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Offer! -> Start; Sold! -> Again; }
;; contract:   state Again: Buy? -> Start;
;; contract: }
(module
  (import "singula/Order" "new" (func $Order.new (result externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Order" "item.put" (func $Order.item.put (param externref externref)))
  (import "singula/Order" "free" (func $Order.free (param externref)))
  (func $main (export "main") (local $item externref) (local $order externref) (local $a externref) (local $b externref)
    (local.set $order (call $Order.new))
    (local.set $item (call $Item.new))
    (local.set $b (local.get $item))
    (local.set $a (local.get $order))
    (call $Order.item.put (local.get $a) (local.get $b))
    (call $Order.free (local.get $order))))
