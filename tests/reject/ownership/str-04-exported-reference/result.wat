;; A function that gives a block is exported
;; expect: STR_EXPORTED_REFERENCE func=4 offset=0x6f
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
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "id.set" (func $Item.id.set (param externref i32)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (func $main (export "main")
    (call $Item.free (call $make (i32.const 7))))
  (func $make (export "make") (param $id i32) (result externref) (local $item externref)
    (call $Item.id.set (local.tee $item (call $Item.new)) (local.get $id))
    (local.get $item)))
