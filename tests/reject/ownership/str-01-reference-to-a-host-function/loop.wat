;; An endpoint is passed to the host in each round
;; expect: STR_FOREIGN_REFERENCE func=6 offset=0xd4
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
  (import "singula/Shop" "channel" (func $Shop.channel (result externref)))
  (import "singula/Shop" "exp.peer" (func $Shop.exp.peer (param externref) (result externref)))
  (import "singula/Shop" "exp.abandon" (func $Shop.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Shop" "imp.abandon" (func $Shop.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Shop.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Shop.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Shop.exp.abandon (local.get $s)) (return)))
    (loop $again
      (call $host (local.get $c))
      (br_if $again (call $choose)))
    (call $Shop.imp.abandon (local.get $c))
    (call $Shop.exp.abandon (local.get $s))))
