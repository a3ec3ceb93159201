;; The result of an indirect call is freed, whichever function gave it
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
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Item" "id.set" (func $Item.id.set (param externref i32)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (type $maker (func (param i32) (result externref)))
  (table 2 funcref)
  (elem (i32.const 0) $plain $none)
  (func $main (export "main")
    (call $Item.free (call_indirect (type $maker) (i32.const 5) (call $choose))))
  (func $plain (type $maker) (local $item externref)
    (call $Item.id.set (local.tee $item (call $Item.new)) (local.get 0))
    (local.get $item))
  (func $none (type $maker) (ref.null extern)))
