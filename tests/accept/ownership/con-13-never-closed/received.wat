;; An endpoint that came in a message is forgotten
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
  (import "singula/Desk" "exp.poll" (func $Desk.exp.poll (param externref) (result i32)))
  (import "singula/Shop" "imp.close" (func $Shop.imp.close (param externref)))
  (import "singula/Desk" "exp.recv.Give" (func $Desk.exp.recv.Give (param externref i32) (result externref)))
  (import "singula/Desk" "imp.abandon" (func $Desk.imp.abandon (param externref)))
  (import "singula/Shop" "channel" (func $Shop.channel (result externref)))
  (import "singula/Shop" "exp.peer" (func $Shop.exp.peer (param externref) (result externref)))
  (import "singula/Shop" "exp.abandon" (func $Shop.exp.abandon (param externref)))
  (import "singula/Desk" "imp.send.Give" (func $Desk.imp.send.Give (param externref i32 externref)))
  (memory 1)
  (func $main (export "main") (local $d externref) (local $e externref)
    (local.set $d (call $Desk.channel))
    (if (ref.is_null (local.get $d)) (then (return)))
    (local.set $e (call $Desk.exp.peer (local.get $d)))
    (if (ref.is_null (local.get $e)) (then (call $Desk.exp.abandon (local.get $d)) (return)))
    (call $give (local.get $e))
    (if (i32.eqz (call $Desk.exp.poll (local.get $d)))
      (then (call $Shop.imp.close (call $Desk.exp.recv.Give (local.get $d) (i32.const 0)))))
    (call $Desk.exp.abandon (local.get $d))
    (call $Desk.imp.abandon (local.get $e)))
  (func $give (param $e externref) (local $s externref) (local $c externref)
    (local.set $s (call $Shop.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Shop.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Shop.exp.abandon (local.get $s)) (return)))
    (call $Desk.imp.send.Give (local.get $e) (i32.const 5) (local.get $c))
    (call $Shop.exp.abandon (local.get $s))))
