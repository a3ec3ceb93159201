;; An operation for every type: what it frees would have to be known when the program runs
;; expect: STR_UNKNOWN_IMPORT func=0 offset=0x22
;; monitor: - a module with an unknown import cannot be loaded
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
  (import "singula/ref" "free" (func $free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (func $main (export "main") (local $x externref)
    (if (call $choose)
      (then (local.set $x (call $Item.new)))
      (else (local.set $x (call $Note.new (i32.const 8)))))
    (call $free (local.get $x))))
