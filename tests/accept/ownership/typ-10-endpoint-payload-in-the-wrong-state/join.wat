;; On one path to the hand-over the question is still unanswered
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
;; contract: block Ticket { who: u32; shop: imp Shop:Start; }
;; contract: contract Desk {
;; contract:   in message Give(u32 who, imp Shop:Start shop);
;; contract:   in message File(Ticket ticket);
;; contract:   out message Done();
;; contract:   state Open: one { Give? -> Busy; File? -> Busy; end; }
;; contract:   state Busy: Done! -> Open;
;; contract: }
(module
  (import "singula/Desk" "channel" (func $Desk.channel (result externref)))
  (import "singula/Desk" "exp.peer" (func $Desk.exp.peer (param externref) (result externref)))
  (import "singula/Desk" "exp.abandon" (func $Desk.exp.abandon (param externref)))
  (import "singula/Shop" "channel" (func $Shop.channel (result externref)))
  (import "singula/Desk" "imp.abandon" (func $Desk.imp.abandon (param externref)))
  (import "singula/Shop" "exp.peer" (func $Shop.exp.peer (param externref) (result externref)))
  (import "singula/Shop" "exp.abandon" (func $Shop.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Shop" "imp.send.Ask" (func $Shop.imp.send.Ask (param externref externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "singula/Note" "free" (func $Note.free (param externref)))
  (import "singula/Shop" "exp.recv.Ask" (func $Shop.exp.recv.Ask (param externref) (result externref)))
  (import "singula/Shop" "exp.send.Offer" (func $Shop.exp.send.Offer (param externref externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Shop" "imp.recv.Offer" (func $Shop.imp.recv.Offer (param externref) (result externref)))
  (import "singula/Desk" "imp.send.Give" (func $Desk.imp.send.Give (param externref i32 externref)))
  (memory 1)
  (func $main (export "main") (local $s externref) (local $c externref) (local $d externref) (local $e externref)
    (local.set $d (call $Desk.channel))
    (if (ref.is_null (local.get $d)) (then (return)))
    (local.set $e (call $Desk.exp.peer (local.get $d)))
    (if (ref.is_null (local.get $e)) (then (call $Desk.exp.abandon (local.get $d)) (return)))
    (local.set $s (call $Shop.channel))
    (if (ref.is_null (local.get $s)) (then (call $Desk.exp.abandon (local.get $d)) (call $Desk.imp.abandon (local.get $e)) (return)))
    (local.set $c (call $Shop.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Shop.exp.abandon (local.get $s)) (call $Desk.exp.abandon (local.get $d)) (call $Desk.imp.abandon (local.get $e)) (return)))
    (if (call $choose)
      (then (call $Shop.imp.send.Ask (local.get $c) (call $Note.new (i32.const 1)))
        (call $Note.free (call $Shop.exp.recv.Ask (local.get $s)))
        (call $Shop.exp.send.Offer (local.get $s) (call $Item.new))
        (call $Item.free (call $Shop.imp.recv.Offer (local.get $c)))))
    (call $Desk.imp.send.Give (local.get $e) (i32.const 1) (local.get $c))
    (call $Desk.exp.abandon (local.get $d))
    (call $Desk.imp.abandon (local.get $e))
    (call $Shop.exp.abandon (local.get $s))))
