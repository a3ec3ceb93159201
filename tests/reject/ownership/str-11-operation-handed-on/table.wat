;; The address of an operation stands in a table
;; expect: STR_REEXPORT func=2 offset=0x69
;; monitor: - others would call the operation, not main
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
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (type $end (func (param externref)))
  (table 2 funcref)
  (elem (i32.const 0) $Item.free $drop)
  (func $main (export "main")
    (call_indirect (type $end) (call $Item.new) (call $choose)))
  (func $drop (type $end) (call $Item.free (local.get 0))))
