;; One function gives its argument back, another frees it and gives a new one
;; expect: OWN_AMBIGUOUS func=4 offset=0xa7
;; monitor: MON_DEAD
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
  (import "singula/Item" "id.get" (func $Item.id.get (param externref) (result i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (type $change (func (param externref) (result externref)))
  (table 2 funcref)
  (elem (i32.const 0) $same $fresh)
  (func $main (export "main") (local $item externref) (local $other externref)
    (local.set $item (call $Item.new))
    (local.set $other (call_indirect (type $change) (local.get $item) (call $choose)))
    (drop (call $Item.id.get (local.get $item)))
    (call $Item.free (local.get $other)))
  (func $same (type $change) (local.get 0))
  (func $fresh (type $change) (call $Item.free (local.get 0)) (call $Item.new)))
