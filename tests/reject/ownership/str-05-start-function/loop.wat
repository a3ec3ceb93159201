;; The start function opens a channel in each round and loses the one before
;; expect: OWN_LEAK func=3 offset=0x7d
;; monitor: MON_LEAK
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
  (import "singula/Shop" "channel" (func $Shop.channel (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Shop" "exp.abandon" (func $Shop.exp.abandon (param externref)))
  (start $init)
  (func $init (local $s externref)
    (loop $again
      (local.set $s (call $Shop.channel))
      (br_if $again (call $choose)))
    (if (ref.is_null (local.get $s)) (then (return)))
    (call $Shop.exp.abandon (local.get $s)))
  (func $main (export "main")))
