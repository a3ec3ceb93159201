;; An answer is received, but not followed by what it demands
;; expect: CON_STATE func=19 offset=0x275
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
  (import "singula/Shop" "channel" (func $Shop.channel (result externref)))
  (import "singula/Shop" "exp.peer" (func $Shop.exp.peer (param externref) (result externref)))
  (import "singula/Shop" "exp.abandon" (func $Shop.exp.abandon (param externref)))
  (import "singula/Shop" "imp.send.Ask" (func $Shop.imp.send.Ask (param externref externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "singula/Shop" "imp.next" (func $Shop.imp.next (param externref) (result i32)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Shop" "imp.recv.Offer" (func $Shop.imp.recv.Offer (param externref) (result externref)))
  (import "singula/Shop" "imp.recv.Sold" (func $Shop.imp.recv.Sold (param externref i32)))
  (import "singula/Shop" "imp.close" (func $Shop.imp.close (param externref)))
  (import "singula/Order" "new" (func $Order.new (result externref)))
  (import "singula/Order" "item.put" (func $Order.item.put (param externref externref)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Shop" "imp.send.Buy" (func $Shop.imp.send.Buy (param externref externref)))
  (import "singula/Note" "free" (func $Note.free (param externref)))
  (import "singula/Shop" "exp.recv.Ask" (func $Shop.exp.recv.Ask (param externref) (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/Shop" "exp.send.Offer" (func $Shop.exp.send.Offer (param externref externref)))
  (import "singula/Shop" "exp.send.Sold" (func $Shop.exp.send.Sold (param externref i32)))
  (memory 1)
  (func $main (export "main") (local $s externref) (local $c externref) (local $tag i32)
    (local.set $s (call $Shop.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Shop.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Shop.exp.abandon (local.get $s)) (return)))
    (call $Shop.imp.send.Ask (local.get $c) (call $Note.new (i32.const 1)))
    (call $serve (local.get $s))
    (local.set $tag (call $Shop.imp.next (local.get $c)))
    (block $closed
      (block $sold
        (br_if $sold (i32.eq (local.get $tag) (i32.const 3)))
        (br_if $closed (i32.ne (local.get $tag) (i32.const 2)))
        (call $Item.free (call $Shop.imp.recv.Offer (local.get $c)))
        (br $closed))
      (call $Shop.imp.recv.Sold (local.get $c) (i32.const 0)))
    (call $Shop.imp.close (local.get $c))
    (call $Shop.exp.abandon (local.get $s)))
  (func $order (param $c externref) (local $order externref)
    (local.set $order (call $Order.new))
    (call $Order.item.put (local.get $order) (call $Item.new))
    (call $Shop.imp.send.Buy (local.get $c) (local.get $order)))

  ;; the shop: takes a question, answers one way or the other
  (func $serve (param $s externref)
    (call $Note.free (call $Shop.exp.recv.Ask (local.get $s)))
    (if (call $choose)
      (then (call $Shop.exp.send.Offer (local.get $s) (call $Item.new)))
      (else (call $Shop.exp.send.Sold (local.get $s) (i32.const 9))))))
