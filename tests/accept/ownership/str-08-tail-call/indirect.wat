;; An indirect call and a return
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
  (type $end (func (param externref)))
  (table 1 funcref)
  (elem (i32.const 0) $drop)
  (func $main (export "main")
    (call $give (call $Item.new)))
  (func $give (type $end)
    (call_indirect (type $end) (local.get 0) (i32.const 0)))
  (func $drop (type $end) (call $Item.free (local.get 0))))
