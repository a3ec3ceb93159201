;; A helper returns a block or an endpoint
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
  (import "singula/Shop" "exp.abandon" (func $Shop.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Shop" "channel" (func $Shop.channel (result externref)))
  (func $main (export "main") (local $s externref)
    (local.set $s (call $either))
    (if (ref.is_null (local.get $s)) (then (return)))
    (call $Shop.exp.abandon (local.get $s)))
  (func $either (result externref)
    (if (call $choose) (then (return (call $Shop.channel))))
    (ref.null extern)))
