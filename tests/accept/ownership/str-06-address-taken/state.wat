;; Of the functions that an indirect call may reach, one asks and one does not
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
  (import "singula/Shop" "channel" (func $Shop.channel (result externref)))
  (import "singula/Shop" "exp.peer" (func $Shop.exp.peer (param externref) (result externref)))
  (import "singula/Shop" "exp.abandon" (func $Shop.exp.abandon (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Shop" "imp.abandon" (func $Shop.imp.abandon (param externref)))
  (import "singula/Shop" "imp.poll" (func $Shop.imp.poll (param externref) (result i32)))
  (import "singula/Shop" "imp.send.Ask" (func $Shop.imp.send.Ask (param externref externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (type $visit (func (param externref)))
  (table 3 funcref)
  (elem (i32.const 0) $idle $ask)
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Shop.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Shop.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Shop.exp.abandon (local.get $s)) (return)))
    (call_indirect (type $visit) (local.get $c) (call $choose))
    (call $Shop.imp.abandon (local.get $c))
    (call $Shop.exp.abandon (local.get $s)))
  (func $idle (type $visit) (drop (call $Shop.imp.poll (local.get 0))))
  (func $ask (type $visit) (call $Shop.imp.send.Ask (local.get 0) (call $Note.new (i32.const 1)))))
