;; The helper that makes the payload makes the wrong one
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
  (import "singula/Shop" "imp.send.Ask" (func $Shop.imp.send.Ask (param externref externref)))
  (import "singula/Shop" "imp.abandon" (func $Shop.imp.abandon (param externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "singula/Note" "text.set" (func $Note.text.set (param externref i32 i32)))
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Shop.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Shop.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Shop.exp.abandon (local.get $s)) (return)))
    (call $Shop.imp.send.Ask (local.get $c) (call $wish (i32.const 7)))
    (call $Shop.imp.abandon (local.get $c))
    (call $Shop.exp.abandon (local.get $s)))
  ;; makes a note, wraps it into an item, and returns the wrong one of the two
  (func $wish (param $n i32) (result externref) (local $note externref) (local $item externref)
    (local.set $note (call $Note.new (local.get $n)))
    (call $Note.text.set (local.get $note) (i32.const 0) (i32.const 65))
    (local.set $item (call $Item.new))
    (call $Item.free (local.get $item))
    (local.get $note)))
