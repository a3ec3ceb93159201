;; Code may put a function that takes a block into an exported table
;; expect: STR_EXPORTED_REFERENCE func=3 offset=0x5c
;; monitor: - such a function is called by others, not by main
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
  (table $t (export "t") 1 funcref)
  (elem declare func $drop)
  (func $main (export "main")
    (call $drop (call $Item.new))
    (table.set $t (i32.const 0) (ref.func $drop)))
  (func $drop (param externref) (call $Item.free (local.get 0))))
