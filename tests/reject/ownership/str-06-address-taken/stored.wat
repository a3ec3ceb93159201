;; The function that frees is put into the table by code
;; expect: OWN_SPLIT func=5 offset=0xc4
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
  (import "singula/Item" "id.set" (func $Item.id.set (param externref i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "id.get" (func $Item.id.get (param externref) (result i32)))
  (type $visit (func (param externref)))
  (table $t 2 funcref)
  (elem (i32.const 0) $look)
  (elem declare func $end)
  (func $main (export "main") (local $item externref)
    (local.set $item (call $Item.new))
    (if (call $choose)
      (then (table.set $t (i32.const 0) (ref.func $end))))
    (call_indirect $t (type $visit) (local.get $item) (i32.const 0))
    (call $Item.id.set (local.get $item) (i32.const 2))
    (call $Item.free (local.get $item)))
  (func $look (type $visit) (drop (call $Item.id.get (local.get 0))))
  (func $end (type $visit) (call $Item.free (local.get 0))))
