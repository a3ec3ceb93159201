;; An exception would abandon a block (exceptions are not decoded)
;; expect: WASM_SECTION_ID offset=0x55
;; monitor: - such a module cannot be loaded
;; wat2wasm: --enable-exceptions
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
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (tag $oops)
  (func $main (export "main") (local $item externref)
    (local.set $item (call $Item.new))
    (if (call $choose) (then (throw $oops)))
    (call $Item.free (local.get $item))))
