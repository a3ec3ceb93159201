;; A call and a return, after the block was freed
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
  (import "singula/Item" "id.set" (func $Item.id.set (param externref i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (func $main (export "main")
    (call $first (i32.const 3)))
  (func $first (param $n i32) (local $item externref)
    (local.set $item (call $Item.new))
    (call $Item.id.set (local.get $item) (local.get $n))
    (call $Item.free (local.get $item))
    (call $second (local.get $n)))
  (func $second (param $n i32)))
