;; A visitor is called for each round with the same block, and one visitor keeps it
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
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "id.get" (func $Item.id.get (param externref) (result i32)))
  (import "singula/Order" "new" (func $Order.new (result externref)))
  (import "singula/Order" "no.set" (func $Order.no.set (param externref i32)))
  (import "singula/Order" "free" (func $Order.free (param externref)))
  (type $visit (func (param externref)))
  (table 2 funcref)
  (elem (i32.const 0) $look $keep)
  (func $main (export "main") (local $item externref) (local $i i32)
    (local.set $item (call $Item.new))
    (loop $again
      (call_indirect (type $visit) (local.get $item) (local.get $i))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2))))
    (call $Item.free (local.get $item)))
  (func $look (type $visit) (drop (call $Item.id.get (local.get 0))))
  (func $keep (type $visit) (local $order externref)
    (local.set $order (call $Order.new))
    (call $Order.no.set (local.get $order) (call $Item.id.get (local.get 0)))
    (call $Order.free (local.get $order))))
