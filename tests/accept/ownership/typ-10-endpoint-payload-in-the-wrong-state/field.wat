;; An endpoint is put into a block in another state than the field says
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
  (import "singula/Shop" "channel" (func $Shop.channel (result externref)))
  (import "singula/Shop" "exp.peer" (func $Shop.exp.peer (param externref) (result externref)))
  (import "singula/Shop" "exp.abandon" (func $Shop.exp.abandon (param externref)))
  (import "singula/Ticket" "new" (func $Ticket.new (result externref)))
  (import "singula/Shop" "imp.send.Ask" (func $Shop.imp.send.Ask (param externref externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "singula/Shop" "imp.next" (func $Shop.imp.next (param externref) (result i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Shop" "imp.recv.Offer" (func $Shop.imp.recv.Offer (param externref) (result externref)))
  (import "singula/Shop" "imp.abandon" (func $Shop.imp.abandon (param externref)))
  (import "singula/Ticket" "free" (func $Ticket.free (param externref)))
  (import "singula/Ticket" "shop.put" (func $Ticket.shop.put (param externref externref)))
  (import "singula/Note" "free" (func $Note.free (param externref)))
  (import "singula/Shop" "exp.recv.Ask" (func $Shop.exp.recv.Ask (param externref) (result externref)))
  (import "singula/Shop" "exp.send.Offer" (func $Shop.exp.send.Offer (param externref externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (memory 1)
  (func $main (export "main") (local $s externref) (local $c externref) (local $ticket externref) (local $n i32)
    (local.set $s (call $Shop.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Shop.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Shop.exp.abandon (local.get $s)) (return)))
    (local.set $ticket (call $Ticket.new))
    (loop $again
      (call $Shop.imp.send.Ask (local.get $c) (call $Note.new (local.get $n)))
      (call $serve (local.get $s))
      (if (i32.eq (call $Shop.imp.next (local.get $c)) (i32.const 2))
        (then (call $Item.free (call $Shop.imp.recv.Offer (local.get $c))))
        (else (call $Shop.imp.abandon (local.get $c)) (call $Ticket.free (local.get $ticket))
              (call $Shop.exp.abandon (local.get $s)) (return)))
      (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
    (call $Ticket.shop.put (local.get $ticket) (local.get $c))
    (call $Shop.exp.abandon (local.get $s))
    (call $Ticket.free (local.get $ticket)))

  ;; the shop: takes a question, answers with an item
  (func $serve (param $s externref)
    (call $Note.free (call $Shop.exp.recv.Ask (local.get $s)))
    (call $Shop.exp.send.Offer (local.get $s) (call $Item.new))))
