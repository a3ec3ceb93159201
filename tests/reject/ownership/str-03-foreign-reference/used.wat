;; A reference that a host function gave is used as a block
;; expect: OWN_FOREIGN func=2 offset=0x5c
;; monitor: - the host gives null here
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
  (import "env" "source" (func $source (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (func $main (export "main") (local $x externref)
    (local.set $x (call $source))
    (if (ref.is_null (local.get $x)) (then (return)))
    (call $Item.free (local.get $x))))
