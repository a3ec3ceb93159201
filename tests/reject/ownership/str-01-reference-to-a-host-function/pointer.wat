;; One of the functions that an indirect call may reach is the host's
;; expect: STR_FOREIGN_REFERENCE func=5 offset=0xa5
;; monitor: - what a host does with a reference is not the guest's mistake
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
  (import "env" "host" (func $host (param externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "id.get" (func $Item.id.get (param externref) (result i32)))
  (type $show (func (param externref)))
  (table 2 funcref)
  (elem (i32.const 0) $host $look)
  (func $main (export "main") (local $item externref)
    (local.set $item (call $Item.new))
    (call_indirect (type $show) (local.get $item) (call $choose))
    (call $Item.free (local.get $item)))
  (func $look (type $show) (drop (call $Item.id.get (local.get 0)))))
