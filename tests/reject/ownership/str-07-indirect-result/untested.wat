;; The result of an indirect call may be null, and is not tested
;; expect: OWN_MAYBE_NULL func=5 offset=0xba
;; monitor: MON_NULL
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
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Item" "id.set" (func $Item.id.set (param externref i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "alloc" (func $Item.alloc (result externref)))
  (type $maker (func (param i32) (result externref)))
  (table 2 funcref)
  (elem (i32.const 0) $plain $none)
  (func $main (export "main") (local $item externref)
    (local.set $item (call_indirect (type $maker) (i32.const 5) (call $choose)))
    (call $Item.id.set (local.get $item) (i32.const 6))
    (call $Item.free (local.get $item)))
  (func $plain (type $maker) (call $Item.new))
  (func $none (type $maker) (call $Item.alloc)))
