;; An endpoint of the other role is put into a field for endpoints
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
  (import "singula/Ticket" "shop.put" (func $Ticket.shop.put (param externref externref)))
  (import "singula/Ticket" "free" (func $Ticket.free (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref) (local $ticket externref)
    (local.set $s (call $Shop.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Shop.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Shop.exp.abandon (local.get $s)) (return)))
    (local.set $ticket (call $Ticket.new))
    (call $Ticket.shop.put (local.get $ticket) (local.get $c))
    (call $Ticket.free (local.get $ticket))
    (call $Shop.exp.abandon (local.get $s))))
