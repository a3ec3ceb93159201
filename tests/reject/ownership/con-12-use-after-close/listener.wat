;; A client is accepted by a listener that was closed
;; expect: OWN_USE_AFTER_MOVE func=4 offset=0xc1
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
  (import "singula/Shop" "exp.listen" (func $Shop.exp.listen (param i32 i32) (result externref)))
  (import "singula/Shop" "listener.close" (func $Shop.listener.close (param externref)))
  (import "singula/Shop" "listener.accept" (func $Shop.listener.accept (param externref) (result externref)))
  (import "singula/Shop" "exp.abandon" (func $Shop.exp.abandon (param externref)))
  (memory 1)
  (data (i32.const 16) "shop")
  (func $main (export "main") (local $l externref) (local $s externref)
    (local.set $l (call $Shop.exp.listen (i32.const 16) (i32.const 4)))
    (if (ref.is_null (local.get $l)) (then (return)))
    (call $Shop.listener.close (local.get $l))
    (local.set $s (call $Shop.listener.accept (local.get $l)))
    (if (ref.is_null (local.get $s)) (then (return)))
    (call $Shop.exp.abandon (local.get $s))))
