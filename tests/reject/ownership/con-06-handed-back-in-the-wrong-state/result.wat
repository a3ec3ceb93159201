;; A helper that makes an endpoint returns it after it has asked
;; expect: CON_STATE func=6 offset=0xe4
;; monitor: MON_STATE
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
  (import "singula/Shop" "imp.send.Ask" (func $Shop.imp.send.Ask (param externref externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "singula/Shop" "imp.abandon" (func $Shop.imp.abandon (param externref)))
  (import "singula/Shop" "channel" (func $Shop.channel (result externref)))
  (import "singula/Shop" "exp.peer" (func $Shop.exp.peer (param externref) (result externref)))
  (import "singula/Shop" "exp.abandon" (func $Shop.exp.abandon (param externref)))
  (func $main (export "main") (local $c externref)
    (local.set $c (call $open))
    (if (ref.is_null (local.get $c)) (then (return)))
    (call $Shop.imp.send.Ask (local.get $c) (call $Note.new (i32.const 1)))
    (call $Shop.imp.abandon (local.get $c)))
  ;; the client's end of a shop that nobody serves; asks, to see whether it is open
  (func $open (result externref) (local $s externref) (local $c externref)
    (if (ref.is_null (local.tee $s (call $Shop.channel))) (then (return (ref.null extern))))
    (if (i32.eqz (ref.is_null (local.tee $c (call $Shop.exp.peer (local.get $s)))))
      (then (call $Shop.imp.send.Ask (local.get $c) (call $Note.new (i32.const 1)))))
    (call $Shop.exp.abandon (local.get $s))
    (local.get $c)))
