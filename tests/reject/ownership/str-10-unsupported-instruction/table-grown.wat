;; A table grows by entries that name a block
;; expect: OWN_ESCAPE func=2 offset=0x63
;; monitor: - the monitor does not follow references into tables
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
  (table $t 1 externref)
  (func $main (export "main") (local $item externref)
    (local.set $item (call $Item.new))
    (drop (table.grow $t (local.get $item) (i32.const 3)))
    (call $Item.free (local.get $item))))
