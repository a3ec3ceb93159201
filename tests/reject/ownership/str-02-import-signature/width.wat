;; The import of an operation has a number of another width
;; expect: STR_IMPORT_SIGNATURE func=0 offset=0x1e
;; monitor: - a module with such an import cannot be loaded
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
  (import "singula/Item" "id.get" (func $op (param externref) (result i64)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (func $main (export "main") (local $item externref) (local $n i32)
    (local.set $item (call $Item.new))
    (local.set $n (i32.wrap_i64 (call $op (local.get $item))))
    (call $Item.free (local.get $item))))
