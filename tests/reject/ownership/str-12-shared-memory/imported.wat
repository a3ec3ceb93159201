;; A memory that several threads share is imported
;; expect: WASM_INT_TOO_LARGE offset=0x25
;; monitor: - such a module cannot be loaded
;; wat2wasm: --enable-threads
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
  (import "env" "memory" (memory 1 4 shared))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (func $main (export "main")
    (call $Item.free (call $Item.new))))
