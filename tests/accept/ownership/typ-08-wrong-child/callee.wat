;; A helper packs whatever it gets
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
  (import "singula/Order" "free" (func $Order.free (param externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Order" "new" (func $Order.new (result externref)))
  (import "singula/Order" "no.set" (func $Order.no.set (param externref i32)))
  (import "singula/Order" "item.put" (func $Order.item.put (param externref externref)))
  (func $main (export "main")
    (call $Order.free (call $pack (call $Item.new))))
  (func $pack (param $what externref) (result externref) (local $order externref)
    (local.set $order (call $Order.new))
    (call $Order.no.set (local.get $order) (i32.const 1))
    (call $Order.item.put (local.get $order) (local.get $what))
    (local.get $order)))
